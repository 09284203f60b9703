class Base:
    size = 1


class Model:
    def forward(self, x):
        return x[2]  # @crash


print(Model().forward([1, 2]), issubclass(Model, Base))
