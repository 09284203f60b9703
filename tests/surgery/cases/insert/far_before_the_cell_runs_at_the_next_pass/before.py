def main():
    for number in range(3):
        name = f"n{number}"
        value = {"n0": 0, "n2": 2}
        print(value[name])  # @crash


main()
