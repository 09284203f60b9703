def main(rows):
    found = [int(row) for row in rows if row]; print(len(found))
    print(found[3])  # @crash


main(["1", "", "2"])
