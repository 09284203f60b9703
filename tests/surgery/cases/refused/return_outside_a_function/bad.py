def main():
    print(1 / 1)


return main()  # @refuse DFU0001
