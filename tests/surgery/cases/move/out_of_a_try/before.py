def main():
    try:
        print("start")
        value = [1][1]  # @crash
        print(value)
    except KeyError:
        print("never")


main()
