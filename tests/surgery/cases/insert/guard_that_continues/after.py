def halved(rows):
    for row in rows:
        print("row", row)
        if row is None:  # @resume
            continue
        print("half", row / 2)


halved([2, None, 4])
