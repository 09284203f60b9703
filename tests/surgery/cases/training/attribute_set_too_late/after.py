class Trainer:
    def __init__(self, rows):
        self.rows = rows

    def fit(self):
        for epoch in range(2):
            for row in self.rows:
                self.seen = getattr(self, "seen", 0) + row  # @resume
            print(epoch, self.seen)


Trainer([1, 2]).fit()
