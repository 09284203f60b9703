def main():
    print(1 / 0)  # @crash


main()
