def main():
    boom()  # @crash


main()
