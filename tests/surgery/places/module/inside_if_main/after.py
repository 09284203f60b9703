import a

if __name__ == "__main__":
    x = a.load()
    print(x)  # @resume
    a.mend(x)
    a.end(x)
