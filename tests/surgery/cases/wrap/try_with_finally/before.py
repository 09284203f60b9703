def work(n):
    print("open", n)
    value = 10 / n  # @crash
    print("close", n)
    return value


print(work(5), work(0))
