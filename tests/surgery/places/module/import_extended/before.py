from torch import nn

model = boom()  # @crash
