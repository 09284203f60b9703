try:  # @warn DFU1005
    from no_such_json import dumps
except ImportError:
    from json import dumps


def main():
    print("start")
    print(dumps({"a": 1}))  # @resume


main()
