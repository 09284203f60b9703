def main():
    try:
        for n in (3, 0):
            print(6 // n)  # @crash
    finally:
        print("left")


main()
