def main():
    try:
        print("try")
        print(x)  # @crash
    finally:
        print("finally")


main()
