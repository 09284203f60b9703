def main():
    for n in range(3):
        print("n", n)
        check(n)  # @crash
    print("end")


main()
