def main(rows):
    for row in rows:
        if len(row) > 5:  # @resume
            continue
        words = list(reversed(row))
        while words:
            print(words.pop(), end=" ")
        print()


main(["a b", "c d"])
