def main():
    try:
        print([][0])
    except IndexError as error:
        print("caught")
        print(error)  # @resume


main()
