def main(rows):
    for row in rows:
        print("row", row)
        print(row.name)  # @crash


main([1, 2])
