class Model:
    scale = 2

    def forward(self, x):
        return self.weight(x) * self.scale  # @crash

    def norm(self, x):
        return x


class Wide(Model):
    def forward(self, x):
        return super().forward(x) + 1


model = Wide()
print(model.forward(1), model.forward(2))
