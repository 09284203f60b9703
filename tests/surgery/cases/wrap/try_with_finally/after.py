def work(n):
    print("open", n)
    try:  # @resume
        value = 10 / (n or 2)
    finally:
        print("close", n)
    return value


print(work(5), work(0))
