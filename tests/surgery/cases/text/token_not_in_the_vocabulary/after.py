VOCABULARY = {"<unk>": 0, "a": 1, "b": 2}


def encode(line):
    unknown = VOCABULARY["<unk>"]  # @resume
    return [VOCABULARY.get(token, unknown) for token in line.split()]


for line in ("a b", "a c"):
    print(encode(line))
