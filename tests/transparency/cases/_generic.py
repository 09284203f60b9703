def first[T: int](values: list[T]) -> T:
    for value in values:
        with open(__file__):
            return value


class Box[T]:
    kept: T

    def get[U](self, u: U) -> tuple[T, U]:
        for _ in [0]:
            return T, U, __class__


type Alias[T] = list[T]


def nested(n):
    def inner[V](v: V = n, *, more: "V" = 2) -> V:
        for each in [v]:
            return each, V, n
    class Local[W](list[W]):
        def method(self): return W, n
    return inner(), inner.__type_params__, Local().method(), Local.__orig_bases__
