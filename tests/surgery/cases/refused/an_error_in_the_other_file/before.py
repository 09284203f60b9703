import helper


def main():
    print(helper.size(1))


main()
