def load(names):
    found = []
    for name in names:
        print("load", name)
        try:  # @resume
            found.append(int(name))
        except ValueError:
            print("bad", name)
            continue
        print("found", found)
    return found


print(load(["1", "x", "3"]))
