def main():
    print("start")
    for n in (1, 0, 2):
        print(2 // n)  # @crash
    print("end")


main()
