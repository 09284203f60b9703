def main(rows):
    for row in rows:
        size = rows.size()  # @crash
        print(row, size)
    print("end")


main([3, 4])
