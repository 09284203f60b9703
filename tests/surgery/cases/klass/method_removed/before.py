class Model:
    def debug(self):
        print("debug")

    def forward(self, x):
        return x.value  # @crash


print(Model().forward(1))
