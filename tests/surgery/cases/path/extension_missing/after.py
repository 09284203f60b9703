FILES = {"a.jpg": 1, "b.png": 2}


def load(names):
    for name in names:
        print("load", name)
        image = FILES.get(name + ".jpg") or FILES[name + ".png"]  # @resume
        print("image", image)


load(["a", "b"])
