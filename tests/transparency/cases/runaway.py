"""Endless recursion that nobody handles."""


def even(n):
    return odd(n + 1)


def odd(n):
    with open(__file__):
        return ping(n)


def ping(n):
    return ping(n + 1) + 1


if __name__ == "__main__":
    even(0)
