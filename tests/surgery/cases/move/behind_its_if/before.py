def main(flag):
    if flag:
        print("flag")
        print(flag.name)  # @crash
    print("end")


main(True)
