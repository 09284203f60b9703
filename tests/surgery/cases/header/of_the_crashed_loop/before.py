def main(rows):
    print("start")
    for number, row in rows:  # @crash
        print(number, row)


main([5, 6])
