total = 0
for r in [1, 2]:
    total += r
    print(total, r.value)  # @crash
print(total)
