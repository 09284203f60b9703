import helper


def main():
    print("start")
    print(helper.twice(3))  # @crash


main()
