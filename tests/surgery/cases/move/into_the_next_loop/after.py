def main(rows):
    print("start")
    for row in rows:  # @resume DFU1008
        first = rows[0]
        print("row", row)
    return first


print(main([1, 2]))
