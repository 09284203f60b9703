import helper


def main():
    print("start")
    print(helper.size(1) + 1)  # @resume
    print(hasattr(helper, "LIMIT"), "MINE" in globals())


main()
