def main(stack):
    while stack[0]:  # @crash
        print(stack.pop(0))
    print("empty")


main([1, 2])
