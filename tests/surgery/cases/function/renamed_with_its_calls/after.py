def halved(n):  # @warn DFU1011
    print("compute", n)
    return n / 2  # @resume


for n in (2, 1, 3):
    print(halved(n))  # @warn DFU1004
