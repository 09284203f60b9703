from torch import nn, optim  # @warn DFU1005

model = build(nn, optim)  # @resume
