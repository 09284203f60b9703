def precision(hits, total):
    return hits / max(total, 1)  # @resume


for counts in ((1, 2), (0, 0), (3, 4)):
    print(precision(*counts))
