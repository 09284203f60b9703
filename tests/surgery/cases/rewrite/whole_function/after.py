def compute(n):
    if n > 1:  # @resume
        print("big")
        return n * n
    return n


print(compute(0), compute(2))
