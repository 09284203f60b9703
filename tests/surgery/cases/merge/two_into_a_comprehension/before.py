def main(rows):
    print("start")
    numbers = rows.split()  # @crash
    found = []
    for each in numbers:
        found.append(int(each))
    print(sum(found))


main(["1 2", "3"])
