def main(rows):
    for row in rows:
        first = row.split()[0]
        print(first.value())  # @crash
        print("end", row)


main(["a b", "c d"])
