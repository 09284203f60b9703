def main():
    print("start")
    print(dumps({"a": 1}))  # @crash


main()
