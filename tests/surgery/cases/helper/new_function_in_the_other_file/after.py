import helper


def main():
    print("start")
    print(helper.double(3))  # @resume


main()
