settings = {}


def main():
    print("start")
    print(settings["x"])  # @crash


main()
