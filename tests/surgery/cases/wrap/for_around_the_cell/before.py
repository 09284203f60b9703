def total(groups):
    found = 0
    for group in groups:
        found += group  # @crash
    return found


print(total([1, 2, [3, 4]]))
