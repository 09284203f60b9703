def main(limit):
    n = 0
    while n < limit:
        n += 1
        print(n, [1, 2][n])  # @crash


main(5)
