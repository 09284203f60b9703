from collections import Counter, deque  # @warn DFU1005


def main():
    print(Counter("aab").most_common(1))
    print(deque([1, 2], maxlen=1))  # @resume


main()
