def main(rows):
    for row in rows:
        parts = row.split(",")  # @resume
        numbers = [int(part) for part in parts if part.isdigit()]
        print(sum(numbers))


main(["1,2", "3,x", "4,5"])
