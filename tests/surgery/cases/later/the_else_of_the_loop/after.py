def main():
    for n in (1, 2):
        print(n)
        if n > 5:  # @resume
            break
    else:
        print("no break")
    print("end")


main()
