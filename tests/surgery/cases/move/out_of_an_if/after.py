def main(flag):
    print("start")
    a = [1]
    print(a[0])  # @resume
    if flag:
        print("in")
    print("end")


main(True)
