import helper

MINE = 2


def main():
    print("start")
    print("changed")
    print(hasattr(helper, "LIMIT"), "MINE" in globals())


main()
