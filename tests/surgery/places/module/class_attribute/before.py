class Net:
    size = 3

    def forward(self, x):
        return boom(x)  # @crash
