"""What costs are measured on, loops over statements and trainings: a program like any other."""

import importlib.util


def add(a, b):
    return a + b


def calls(n):
    x = 0
    for i in range(n):
        x = add(x, i)
    return x


def nested(n):
    x = 0
    for i in range(n // 100):
        for j in range(100):
            x += i ^ j
    return x


def twenty(n):
    k = 0
    for i in range(n // 10):
        a = i + 1
        b = a * 2
        c = b - a
        d = c + b
        e = d * 2
        f = e - d
        g = f + a
        h = g + b
        if h > a:
            k = h - c
        m = k + d
        o = m * 3
        p = o - m
        q = p + a
        r = q - b
        s = r + c
        t = s * 2
        u = t - s
        v = u + q
        k = v - r
    return k


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *how):
        return None


def block(n):
    manager, x = Manager(), 0
    for i in range(n):
        with manager:
            x += i
    return x


def items(n):
    for i in range(n):
        yield i + 1


def generator(n):
    x = 0
    for i in items(n):
        x += i
    return x


LOOPS = {
    "calls": calls,
    "nested loops": nested,
    "a body of 20": twenty,
    "with in a loop": block,
    "a generator": generator,
}

if importlib.util.find_spec("torch"):
    import torch
    from torch import nn
    from torch.nn import functional

    class Head(nn.Module):
        """Attention that looks back only, and what follows it."""

        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            batch, length, width = x.shape
            parts = self.mixed(self.first(x)).view(batch, length, 3, self.heads, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.out(seen.transpose(1, 2).reshape(batch, length, width))
            return x + self.narrow(functional.gelu(self.wide(self.second(x))))

    class Gpt(nn.Module):
        def __init__(self, tokens=65, width=32, length=32, heads=4, depth=2):
            super().__init__()
            self.tokens, self.places = nn.Embedding(tokens, width), nn.Embedding(length, width)
            self.blocks = nn.ModuleList([Head(width, heads) for _ in range(depth)])
            self.last = nn.Linear(width, tokens)

        def forward(self, ids):
            x = self.tokens(ids) + self.places.weight[: ids.shape[1]]
            for each in self.blocks:
                x = each(x)
            return self.last(x).transpose(1, 2)

    class Mlp(nn.Module):
        def __init__(self):
            super().__init__()
            sizes = (64, 128, 128, 10)
            self.layers = nn.ModuleList([nn.Linear(*sizes[k : k + 2]) for k in range(3)])

        def forward(self, x):
            for layer in self.layers[:-1]:
                x = torch.relu(layer(x))
            return self.layers[-1](x)

    class Cnn(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 16, 3, padding=1)
            self.last = nn.Linear(256, 10)

        def forward(self, x):
            for layer in (self.first, self.second):
                x = functional.max_pool2d(torch.relu(layer(x)), 2)
            return self.last(x.flatten(1))

    class Training:
        """One that learns the same few batches again and again."""

        def __init__(self, model, batches):
            self.model, self.batches = model, batches
            self.optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
            self.safe = None
            self.steps = 0

        def state(self):
            return {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "steps": self.steps,
                "random": torch.get_rng_state(),
            }

        def step(self, x, y):
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.model(x), y)
            loss.backward()
            if self.safe is not None:
                self.safe.before_update()
            self.optimizer.step()
            self.steps += 1
            if self.safe is not None:
                self.safe.after_update(self.state)
            return loss

        def run(self, n):
            total = 0.0
            for k in range(n):
                x, y = self.batches[k % len(self.batches)]
                total += self.step(x, y).item()
            return total

    class ActorCritic(Training):
        """One that balances a pole; a step is one of the environment's, an update an episode."""

        def __init__(self):
            import gymnasium

            torch.manual_seed(0)
            super().__init__(
                nn.ModuleDict({"body": nn.Linear(4, 64), "heads": nn.Linear(64, 3)}), []
            )
            self.env = gymnasium.make("CartPole-v1")

        def choose(self, state):
            heads = self.model["heads"](torch.relu(self.model["body"](torch.from_numpy(state))))
            policy = torch.distributions.Categorical(logits=heads[:2])
            action = policy.sample()
            return action.item(), policy.log_prob(action), heads[2]

        def run(self, n):
            torch.manual_seed(self.steps)
            state, _ = self.env.reset(seed=self.steps)
            chosen, rewards = [], []
            for _ in range(n):
                action, chance, value = self.choose(state)
                state, reward, done, _, _ = self.env.step(action)
                chosen.append((chance, value))
                rewards.append(reward)
                if done:
                    self.learn(chosen, rewards)
                    state, _ = self.env.reset(seed=self.steps)
                    chosen, rewards = [], []
            return self.steps

        def learn(self, chosen, rewards):
            due, loss = 0.0, torch.zeros(())
            for (chance, value), reward in zip(reversed(chosen), reversed(rewards), strict=True):
                due = reward + 0.99 * due
                gain = due - value
                loss = loss - chance * gain.detach() + gain.square()
            self.optimizer.zero_grad()
            (loss / len(rewards)).backward()
            if self.safe is not None:
                self.safe.before_update()
            self.optimizer.step()
            self.steps += 1
            if self.safe is not None:
                self.safe.after_update(self.state)

    def made(kind):
        """A training of a kind, the same each time."""
        torch.set_num_threads(1)
        torch.manual_seed(0)
        if kind == "MLP":
            batches = [(torch.randn(32, 64), torch.randint(10, (32,))) for _ in range(4)]
            return Training(Mlp(), batches)
        if kind == "CNN":
            batches = [(torch.randn(32, 1, 16, 16), torch.randint(10, (32,))) for _ in range(4)]
            return Training(Cnn(), batches)
        if kind == "GPT":
            batches = [(torch.randint(65, (8, 32)), torch.randint(65, (8, 32))) for _ in range(4)]
            return Training(Gpt(), batches)
        return ActorCritic()


def trainings():
    """The kinds of training that there are here."""
    if not importlib.util.find_spec("torch"):
        return ()
    return ("MLP", "CNN", "GPT", *(("CartPole",) if importlib.util.find_spec("gymnasium") else ()))
