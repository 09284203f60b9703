def load(names):
    found = []
    for name in names:
        print("load", name)
        found.append(int(name))  # @crash
        print("found", found)
    return found


print(load(["1", "x", "3"]))
