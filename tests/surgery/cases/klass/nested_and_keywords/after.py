# Differs: nothing is added to a class that has made something of what it had.
from abc import ABCMeta, abstractmethod


class Marked:
    def __init_subclass__(cls, mark):
        cls.marks = [mark, *(name for name in vars(cls) if name.isupper())]


class Base(metaclass=ABCMeta):
    last = 1  # @warn DFU1005

    @abstractmethod
    def forward(self, x): ...


class Kept(Marked, mark="kept"):
    ONE = 1
    TWO = 2  # @warn DFU1014


class Model(Base):
    class Config:
        size = 2
        __half = size / 2  # @warn DFU1005

        def half(self):
            return self.__half

        class Deep:
            bias: float = 0.5  # @warn DFU1005

            def rate(self):
                return self.scaled(2)

            def scaled(self, by):
                return type(self).scaled.__qualname__, self.bias * by

    Other = Kept

    def forward(self, x):
        config = self.Config()  # @resume
        return x[self.last], config.half(), config.Deep().rate()


print(Model().forward([1, 2]), Kept.marks, vars(Kept).get("TWO"))
