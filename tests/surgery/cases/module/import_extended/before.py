from collections import Counter


def main():
    print(Counter("aab").most_common(1))
    print(deque([1, 2], maxlen=1))  # @crash


main()
