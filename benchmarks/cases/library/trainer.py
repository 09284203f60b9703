"""A small training library: a loop that calls what was registered for its events."""

import ledger
import resumable

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
        resumable.begin(model=self.model, optimizer=self.optimizer)
        self.history = resumable.kept("history", [])
        for epoch in resumable.epochs(range(epochs)):
            total = resumable.within("total", 0.0)
            for start in resumable.steps(range(0, len(inputs), batch)):
                self.optimizer.zero_grad()
                output = self.model(inputs[start : start + batch])
                loss = self.criterion(output, targets[start : start + batch])
                loss.backward()
                self.optimizer.step()
                ledger.step(epoch, start)
                total += loss.item()
                resumable.keep(total=total)
            self.history.append(total)
            resumable.keep(history=self.history)
            self.emit("epoch_end")
        self.emit("train_end")

    def emit(self, event):
        for function in EVENTS.get(event, ()):
            function(self)
