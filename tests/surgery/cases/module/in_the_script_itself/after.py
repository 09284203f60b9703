import math
from math import floor  # @warn DFU1005

values = [1.5, 2.5]
print("start")
total = sum(floor(value) for value in values)  # @resume
print(total)
