def main(n):
    print("start", n)
    print(1 / n)  # @crash
    print("end")


main(0)
