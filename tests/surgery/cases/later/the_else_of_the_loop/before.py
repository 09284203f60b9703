def main():
    for n in (1, 2):
        print(n)
        check(n)  # @crash
    print("end")


main()
