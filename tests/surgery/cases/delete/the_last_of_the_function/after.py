def main():
    print("start")  # @after DFU1008


print(main())
