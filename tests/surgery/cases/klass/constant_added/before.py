from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    ONE = 1


@dataclass
class Row:
    n: int = 0


class Model:
    size = 2

    def forward(self, x):
        return x[self.size]  # @crash


print(Model().forward([1, 2]), Row(3).n, Kind.ONE.value)
