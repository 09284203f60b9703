import os
import pathlib  # @warn DFU1005

for epoch in range(3):
    pathlib.Path(path).parent.mkdir()  # @resume
    save(path)
    print(epoch)
