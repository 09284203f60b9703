def main(rows):
    for row in rows:
        total = row.sum()  # @crash @resume
        print(total)


main([[1], [2, 3]])
