def main(rows):
    base = 10

    def add(k):
        found = base + k
        return found  # @resume

    return [add(row) for row in rows]


print(main([1, 2]))
