# Differs: the first pass was over before.
def main(limit):
    n = 0
    while n < limit - 1:
        n += 1
        print(n)  # @resume


main(5)
