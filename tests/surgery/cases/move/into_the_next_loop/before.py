def main(rows):
    print("start")
    first = rows[3]  # @crash
    for row in rows:
        print("row", row)
    return first


print(main([1, 2]))
