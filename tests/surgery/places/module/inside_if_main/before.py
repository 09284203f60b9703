import a

if __name__ == "__main__":
    x = a.load()
    a.boom(x)  # @crash
    a.end(x)
