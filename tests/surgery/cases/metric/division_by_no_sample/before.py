def precision(hits, total):
    return hits / total  # @crash


for counts in ((1, 2), (0, 0), (3, 4)):
    print(precision(*counts))
