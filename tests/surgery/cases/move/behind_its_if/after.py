def main(flag):
    if flag:
        print("flag")
    print(flag.real)  # @resume
    print("end")


main(True)
