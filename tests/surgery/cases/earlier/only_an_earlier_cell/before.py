def main():
    for n in range(3):
        name = "a" * n
        print("n", n)
        print({"": 0, "b": 1, "bb": 2}[name])  # @crash


main()
