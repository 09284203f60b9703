def main(rows):
    print("start")
    for number, row in enumerate(rows):  # @resume
        print(number, row)


main([5, 6])
