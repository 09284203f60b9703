def main(rows):
    print("start")
    found = [int(each) for row in rows for each in row.split()]  # @resume
    print(sum(found))


main(["1 2", "3"])
