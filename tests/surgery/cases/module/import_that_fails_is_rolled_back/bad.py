LIMIT = 3
import no_such_module_anywhere  # @refuse DFU0016


def main():
    print("start")
    print("LIMIT", LIMIT)


main()
