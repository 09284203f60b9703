class Mean:
    def __call__(self, rows):
        print("rows", rows)
        return sum(rows) / len(rows)  # @crash


mean = Mean()
print(mean([1, 3]), mean([]), mean([5]))
