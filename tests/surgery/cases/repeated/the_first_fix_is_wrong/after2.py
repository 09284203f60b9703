def main(rows):
    for row in rows:
        total = sum(row)  # @resume
        print(total)


main([[1], [2, 3]])
