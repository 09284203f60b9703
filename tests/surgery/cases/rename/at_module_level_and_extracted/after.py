def probe(value, by=1):
    return value * by


taken1 = probe(1)
x1_now = taken1
taken2 = 2  # @warn DFU1005
x2_now = probe(taken2, 1)
taken3 = 3  # @resume
x3_now = probe(taken3, 1)
taken4 = probe(4)
x4_now = taken4
print(x1_now, x2_now, x3_now, x4_now)
