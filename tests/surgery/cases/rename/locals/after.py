def main(rows):
    total = 0
    for row in rows:
        total += row
        print(total)  # @resume
    return total


print(main([1, 2]))
