def double(n):  # @warn DFU1005
    return 2 * n


print("start")
print(double(2))  # @resume
print("end")
