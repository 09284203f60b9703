def main(rows):
    n = 0

    def add(k):
        nonlocal n
        n += k

    for row in rows:
        add(row)
        print(n.value)  # @crash
    return n


print(main([1, 2]))
