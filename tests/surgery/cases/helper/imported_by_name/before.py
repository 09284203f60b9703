from helper import LIMIT, clamp


def main():
    for n in (1, 20):
        print(clamp(n).value if n > LIMIT else clamp(n))  # @crash


main()
