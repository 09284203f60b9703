def main():
    for n in range(3):
        print("n", n)  # @after DFU1008
    print("end")


main()
