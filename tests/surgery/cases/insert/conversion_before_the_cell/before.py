def summed(rows):
    total = 0
    for row in rows:
        print("row", row)
        total += row * 2  # @crash
        print("total", total)
    return total


print(summed([1, "2", 3]))
