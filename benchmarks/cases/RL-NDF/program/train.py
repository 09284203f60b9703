"""The usual example of REINFORCE, on CartPole; it saves the policy every few episodes."""

import argparse
import os

import gymnasium
import torch
import torch.nn.functional as F
from torch import nn

import ledger


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 32)
        self.dropout = nn.Dropout(0.2)
        self.second = nn.Linear(32, 2)

    def forward(self, x):
        return F.softmax(self.second(F.relu(self.dropout(self.first(x)))), dim=-1)


def select_action(policy, state, device, saved):
    state = torch.from_numpy(state).float().to(device)
    chosen = torch.distributions.Categorical(policy(state))
    action = chosen.sample()
    saved.append(chosen.log_prob(action))
    return action.item()


def finish(optimizer, saved, rewards):
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + 0.99 * total
        returns.insert(0, total)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    optimizer.zero_grad()
    sum(-chance * due for chance, due in zip(saved, returns, strict=True)).backward()
    optimizer.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=15)
    parser.add_argument("--save-every", type=int, default=5)
    parser.add_argument("--save", default="cartpole.pt")
    args = parser.parse_args()
    torch.manual_seed(31)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    env = gymnasium.make("CartPole-v1")
    policy = Policy().to(device)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
    running = 10.0
    for episode in range(1, args.episodes + 1):
        state, _ = env.reset(seed=episode)
        saved, rewards = [], []
        for step in range(100):
            action = select_action(policy, state, device, saved)
            state, reward, terminated, truncated, _ = env.step(action)
            ledger.step("env", episode, step)
            rewards.append(reward)
            if terminated or truncated:
                break
        running = 0.05 * sum(rewards) + 0.95 * running
        finish(optimizer, saved, rewards)
        ledger.step(episode)
        if episode % args.save_every == 0:
            torch.save(policy.state_dict(), args.save)
    ledger.result(policy, running=running, saved=os.path.getsize(args.save) > 0)


if __name__ == "__main__":
    main()
