def summed(rows):
    total = 0
    for row in rows:
        print("row", row)
        row = int(row)  # @resume
        total += row * 2
        print("total", total)
    return total


print(summed([1, "2", 3]))
