from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    ONE = 1


@dataclass
class Row:
    n: int = 0


class Model:
    size = 2
    last = 1
    half = size / 0  # @refuse DFU0016

    def forward(self, x):
        return x[self.last]


print(Model().forward([1, 2]), Row(3).n, Kind.ONE.value)
