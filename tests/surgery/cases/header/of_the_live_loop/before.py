def main(rows):
    for part in (0, 1):
        for row in rows:
            print(part, row, row[part])  # @crash


main(["ab", "c", "de"])
