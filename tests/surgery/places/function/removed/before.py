def compute(x):
    return boom(x)  # @crash


other = 1
