from abc import ABCMeta, abstractmethod


class Marked:
    def __init_subclass__(cls, mark):
        cls.marks = [mark, *(name for name in vars(cls) if name.isupper())]


class Base(metaclass=ABCMeta):
    @abstractmethod
    def forward(self, x): ...


class Kept(Marked, mark="kept"):
    ONE = 1


class Model(Base):
    class Config:
        size = 2

        class Deep:
            def rate(self):
                return 1

    Other = Kept

    def forward(self, x):
        return x[self.Config.size]  # @crash


print(Model().forward([1, 2]), Kept.marks, vars(Kept).get("TWO"))
