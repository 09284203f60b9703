def main(rows):
    for row in rows:
        head = row[0]
        if head.isdigit():  # @resume
            value = int(head)
            print("value", value)
        print("done", head)


main(["1", "b", "3"])
