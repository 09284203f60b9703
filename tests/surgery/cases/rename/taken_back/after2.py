def main(rows):
    n = len(rows)
    print(n)  # @resume
    print("end", n)


main([1, 2])
