def main(rows, by):
    def key(row):  # @resume
        return by(row), row

    found = sorted(rows, key=key)
    print(found)


main(["bb", "a"], len)
