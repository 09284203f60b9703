def main(rows):
    for row in rows:
        head = row[0]
        value = int(head)  # @crash
        print("value", value)
        print("done", head)


main(["1", "b", "3"])
