def compute(n):
    print("compute", n)
    return n / (n - 1)  # @crash


for n in (2, 1, 3):
    print(compute(n))
