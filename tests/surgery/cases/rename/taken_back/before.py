def main(rows):
    n = len(rows)
    print(n.value)  # @crash
    print("end", n)


main([1, 2])
