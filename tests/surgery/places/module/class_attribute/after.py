class Net:
    size = 4  # @warn DFU1014

    def forward(self, x):
        return boom(x, self.size)  # @resume
