answers = iter(["7", "x", "8", "9"])


def main():
    for _ in range(3):
        print("ask")
        answer = int(next(answers))  # @crash
        print("got", answer)


main()
