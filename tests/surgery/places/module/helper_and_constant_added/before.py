def main():
    for x in range(3):
        boom(x)  # @crash


main()
