# Differs: what ran before was by the old text.
def halved(n):  # @warn DFU1005 DFU1011
    print("halving", n)  # @warn DFU1001
    return n / 2  # @resume


for n in (2, 1, 3):
    print(halved(n))
