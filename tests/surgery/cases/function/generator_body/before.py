def numbers(rows):
    for row in rows:
        yield row
        yield row.twice()  # @crash
    print("no more")


print(list(numbers([1, 2])))
