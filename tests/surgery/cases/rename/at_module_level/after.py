total = 0
for row in [1, 2]:
    total += row
    print(total, row)  # @resume
print(total)
