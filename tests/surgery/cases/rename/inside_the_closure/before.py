def main(rows):
    n = 10

    def add(k):
        s = n + k
        return s.value  # @crash

    return [add(row) for row in rows]


print(main([1, 2]))
