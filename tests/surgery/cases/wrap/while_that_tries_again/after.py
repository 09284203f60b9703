# Differs: the attempt that failed was made by the old text.
answers = iter(["7", "x", "8", "9"])


def main():
    for _ in range(3):
        print("ask")
        while True:  # @resume
            try:
                answer = int(next(answers))
                break
            except ValueError as error:
                print(error)
        print("got", answer)


main()
