def main():
    for n in (1, 5):
        print(min(n, LIMIT))  # @crash


main()
