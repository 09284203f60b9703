import helper


def main():
    print("start")
    print(helper.size(1) + one)  # @crash
    print(hasattr(helper, "LIMIT"), "MINE" in globals())


main()
