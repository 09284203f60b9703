def main(rows):
    found = []
    print("start")
    for row in rows.items():  # @crash
        found.append(row * 2)
    print(found)


main([1, 2])
