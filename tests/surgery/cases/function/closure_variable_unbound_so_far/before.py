def main(rows):
    for row in rows:
        print("row", row)
        print(row.scaled())  # @crash


main([1, 2])
