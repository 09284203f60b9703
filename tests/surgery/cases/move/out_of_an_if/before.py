def main(flag):
    print("start")
    if flag:
        a = [1]
        print(a[1])  # @crash
        print("in")
    print("end")


main(True)
