def main(rows):
    for row in rows:
        total = row.count("a") + row.count("b")
        print(total.value)  # @crash


main(["ab", "b"])
