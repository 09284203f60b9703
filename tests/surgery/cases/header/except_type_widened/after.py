def main():
    try:
        raise OSError("gone")
    except (OSError, ValueError) as error:
        print(error)  # @resume
    print("end")


main()
