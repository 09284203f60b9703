def main(rows):
    scale = 10
    for row in rows:

        def scaled(value):  # @resume
            return value * scale

        print(scaled(row))


main([1, 2])
