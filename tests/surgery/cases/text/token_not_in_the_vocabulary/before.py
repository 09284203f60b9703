VOCABULARY = {"<unk>": 0, "a": 1, "b": 2}


def encode(line):
    return [VOCABULARY[token] for token in line.split()]  # @crash


for line in ("a b", "a c"):
    print(encode(line))
