def main(rows):
    for row in rows:
        print(sum(int(part) for part in row.split(",")))  # @crash


main(["1,2", "3,x", "4,5"])
