def main():
    print(1 / 1)  # @resume


main()
