settings = {}


def main():
    print("start")
    print(settings.get("x"))  # @resume
    print("LIMIT" in globals())


main()
