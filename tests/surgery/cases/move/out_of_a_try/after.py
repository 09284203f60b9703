def main():
    print("start")
    value = [1][0]  # @resume
    print(value)


main()
