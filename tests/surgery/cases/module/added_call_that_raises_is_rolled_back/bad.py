# @run-added
settings = {}
LIMIT = 3
settings.missing()  # @refuse DFU0016


def main():
    print("start")
    print(settings.get("x"))
    print("LIMIT" in globals())


main()
