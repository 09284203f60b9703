def main(n):
    if n == 0:  # @warn DFU1002
        print("start", n)
        print(1 / (n + 1))  # @resume
    print("end")


main(0)
