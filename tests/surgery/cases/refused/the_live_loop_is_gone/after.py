def main(rows):
    for row in rows:
        print("row", row)
        print(row)  # @resume


main([1, 2])
