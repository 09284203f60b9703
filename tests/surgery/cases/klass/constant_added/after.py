# Differs: nothing is added to a class that its decorator or metaclass made.
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    ONE = 1
    TWO = 2  # @warn DFU1014


@dataclass
class Row:
    n: int = 0
    m: int = 5  # @warn DFU1020
    scale = 10  # @warn DFU1005


class Model:
    size = 2
    __twice: int = size * 2  # @warn DFU1005

    def forward(self, x):
        had = "last" in vars(Model), "m" in vars(Row), "TWO" in vars(Kind)  # @resume
        return x[self.size - 1], self.__twice, Row.scale, had


print(Model().forward([1, 2]), Row(3).n, Kind.ONE.value)
