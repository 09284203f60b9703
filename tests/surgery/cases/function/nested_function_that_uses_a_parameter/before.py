def main(rows, by):
    found = rows.sorted(by)  # @crash
    print(found)


main(["bb", "a"], len)
