def size(x):
    return len([x]  # @refuse DFU0001
