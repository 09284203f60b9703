settings = {}


def main():
    print("start")
    print(settings["x"])  # @crash
    print("LIMIT" in globals())


main()
