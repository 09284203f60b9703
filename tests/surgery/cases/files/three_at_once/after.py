# Differs: what was printed before is by the old texts.
import first
import second


def main():
    print(first.name(), second.name())
    print(first.name() + second.name())  # @resume
    print(second.name(), first.name())


main()
