print("start")
print(double(2))  # @crash


def double(n):
    return 2 * n


print("end")
