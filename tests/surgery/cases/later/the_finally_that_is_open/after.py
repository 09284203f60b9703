def main():
    try:
        print("try")
        print("x")  # @resume
    except ValueError:
        print("never")
    else:
        print("else")
    finally:
        print("at last")


main()
