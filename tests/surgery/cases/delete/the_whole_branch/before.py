def main(flag):
    print("start")
    if flag:
        print("flag")
        check(flag)  # @crash
        print("never")
    print("end")


main(True)
