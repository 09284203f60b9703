import math

values = [1.5, 2.5]
print("start")
total = sum(floor(value) for value in values)  # @crash
print(total)
