def numbers(rows):
    for row in rows:
        yield row
        double = row * 2  # @resume
        yield double
        yield -double
    print("no more")


print(list(numbers([1, 2])))
