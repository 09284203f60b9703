"""A small training library: a loop that calls what was registered for its events."""

import ledger

EVENTS = {}


def on(event):
    """Register the decorated function for an event."""

    def register(function):
        EVENTS.setdefault(event, []).append(function)
        return function

    return register


class Trainer:
    def __init__(self, model, optimizer, criterion):
        self.model, self.optimizer, self.criterion = model, optimizer, criterion
        self.history = []

    def fit(self, inputs, targets, epochs, batch):
        for epoch in range(epochs):
            total = 0.0
            for start in range(0, len(inputs), batch):
                self.optimizer.zero_grad()
                output = self.model(inputs[start : start + batch])
                loss = self.criterion(output, targets[start : start + batch])
                loss.backward()
                self.optimizer.step()
                ledger.step(epoch, start)
                total += loss.item()
            self.history.append(total)
            self.emit("epoch_end")
        self.emit("train_end")

    def emit(self, event):
        for function in EVENTS.get(event, ()):
            function(self)
