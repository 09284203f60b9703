def probe(value, by=1):
    return value * by


x1 = probe(1)
x2 = probe(2, 1)
x3 = probe(3, 1 // 0)  # @crash
x4 = probe(4)
print(x1, x2, x3, x4)
