def main():
    print("start")
    return check()  # @crash


print(main())
