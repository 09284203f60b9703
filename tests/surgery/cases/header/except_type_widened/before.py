def main():
    try:
        raise OSError("gone")
    except OSError as error:
        print(error.reason)  # @crash
    print("end")


main()
