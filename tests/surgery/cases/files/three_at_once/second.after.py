SUFFIX = "!"  # @warn DFU1005


def name():
    return "two" + SUFFIX
