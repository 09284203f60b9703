def main(rows):
    found = []
    print("start")
    found = [row * 2 for row in rows]  # @resume
    print(found)


main([1, 2])
