def main(rows):
    row = rows[0]
    print("row", row)
    print(row)  # @refuse DFU0010


main([1, 2])
