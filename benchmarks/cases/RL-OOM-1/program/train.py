"""An actor-critic on CartPole; its common layer is far too large."""

import gymnasium
import torch
import torch.nn.functional as F
from torch import nn

import ledger


def episode(env, model, number):
    state, _ = env.reset(seed=number)
    saved, rewards = [], []
    for step in range(60):
        hidden = F.relu(model["body"](torch.from_numpy(state)))
        policy = torch.distributions.Categorical(logits=model["actor"](hidden))
        action = policy.sample()
        saved.append((policy.log_prob(action), model["critic"](hidden)[0]))
        state, reward, terminated, truncated, _ = env.step(action.item())
        ledger.step("env", number, step)
        rewards.append(reward)
        if terminated or truncated:
            break
    return saved, rewards


def finish(optimizer, saved, rewards):
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + 0.99 * total
        returns.insert(0, total)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    loss = torch.zeros(())
    for (chance, value), expected in zip(saved, returns, strict=True):
        loss = loss - chance * (expected - value.item()) + F.smooth_l1_loss(value, expected)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main():
    model = nn.ModuleDict(
        {"body": nn.Linear(4, 10**14), "actor": nn.Linear(10**14, 2), "critic": nn.Linear(10**14, 1)}
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    env = gymnasium.make("CartPole-v1")
    lengths = []
    for number in range(15):
        saved, rewards = episode(env, model, number)
        finish(optimizer, saved, rewards)
        ledger.step(number)
        lengths.append(len(rewards))
    ledger.result(model, lengths=lengths)


if __name__ == "__main__":
    torch.manual_seed(21)
    torch.set_num_threads(1)
    main()
