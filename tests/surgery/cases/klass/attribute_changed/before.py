class Model:
    size = 3

    def forward(self, x):
        return x[self.size]  # @crash


print(Model().forward([1, 2, 3]))
