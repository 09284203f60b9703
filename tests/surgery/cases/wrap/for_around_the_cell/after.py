def total(groups):
    found = 0
    for group in groups:
        for one in group if isinstance(group, list) else [group]:  # @resume
            found += one
    return found


print(total([1, 2, [3, 4]]))
