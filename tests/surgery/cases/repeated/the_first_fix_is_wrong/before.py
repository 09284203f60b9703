def main(rows):
    for row in rows:
        print(row.total)  # @crash


main([[1], [2, 3]])
