import first
import second


def main():
    print(first.name(), second.name())
    print(first.name() + second.name())  # @crash
    print(first.name(), second.name())


main()
