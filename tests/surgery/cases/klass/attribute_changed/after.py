# Differs: the class that exists keeps its attribute.
class Model:
    size = 2  # @warn DFU1014

    def forward(self, x):
        return x[self.size - 1]  # @resume


print(Model().forward([1, 2, 3]))
