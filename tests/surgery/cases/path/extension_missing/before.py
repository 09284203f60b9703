FILES = {"a.jpg": 1, "b.png": 2}


def load(names):
    for name in names:
        print("load", name)
        image = FILES[name + ".jpg"]  # @crash
        print("image", image)


load(["a", "b"])
