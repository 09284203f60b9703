def halved(rows):
    for row in rows:
        print("row", row)
        print("half", row / 2)  # @crash


halved([2, None, 4])
