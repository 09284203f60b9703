class Mean:
    def __call__(self, rows):
        print("rows", rows)
        if not rows:  # @resume
            return 0.0
        return sum(rows) / len(rows)


mean = Mean()
print(mean([1, 3]), mean([]), mean([5]))
