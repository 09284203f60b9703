def main():
    for n in range(2):
        print("debug", n)
        print(1 / n)  # @crash


main()
