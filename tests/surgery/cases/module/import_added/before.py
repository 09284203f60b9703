def main():
    print("start")
    print(math.floor(2.5))  # @crash


main()
