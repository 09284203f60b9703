def main(rows):
    total = 0
    for row in rows:
        total += row
        print(total.value)  # @crash
    return total


print(main([5, 2]))
