def main(rows):
    for row in rows:
        both = row.count("a") + row.count("b")
        total = both
        print(total)  # @resume


main(["ab", "b"])
