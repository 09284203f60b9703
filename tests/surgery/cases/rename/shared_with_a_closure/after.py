def main(rows):
    total = 0

    def add(k):
        nonlocal total
        total += k

    for row in rows:
        add(row)
        print(total)  # @resume
    return total


print(main([1, 2]))
