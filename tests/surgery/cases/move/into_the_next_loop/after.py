def main(rows):
    print("start")
    for row in rows:  # @resume
        first = rows[0]
        print("row", row)
    return first


print(main([1, 2]))
