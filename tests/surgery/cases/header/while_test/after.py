def main(stack):
    while stack:  # @resume
        print(stack.pop(0))
    print("empty")


main([1, 2])
