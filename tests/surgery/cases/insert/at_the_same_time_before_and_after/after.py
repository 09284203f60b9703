# Differs: the first pass was over before.
def main():
    try:
        for n in (3, 0):
            n = n or 6  # @resume
            print(6 // n)
            print("divided by", n)
        print("all")
    finally:
        print("leaving")
        print("left")


main()
