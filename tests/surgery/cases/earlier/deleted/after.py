# Differs: what was printed is printed.
def main():
    for n in range(2):
        print(1 / (n + 1))  # @resume


main()
