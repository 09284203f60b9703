def main():
    print("start")
    try:
        for n in (1, 0, 2):
            print(2 // (n or 1))  # @resume
    finally:
        print("end")


main()
