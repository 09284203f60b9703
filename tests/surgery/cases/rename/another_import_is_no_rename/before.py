def main(rows):
    from math import floor
    from math import ceil as up

    print(up(1.5))
    print([floor(row).value for row in rows])  # @crash


main([1.5])
