"""Q-learning on CartPole, with a replay memory on the device."""

import gymnasium
import torch
import torch.nn.functional as F
from torch import nn

import ledger

ROOM = 6_000_000_000


def main():
    torch.manual_seed(24)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    env = gymnasium.make("CartPole-v1")
    model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    replay = torch.empty(ROOM // 4 // 11, 11, device=device)
    seen, lengths = 0, []
    for episode in range(15):
        state, _ = env.reset(seed=episode)
        for step in range(60):
            with torch.no_grad():
                values = model(torch.from_numpy(state).to(device))
            action = values.argmax().item() if torch.rand(()) > 0.2 else step % 2
            after, reward, done, _, _ = env.step(action)
            replay[seen] = torch.tensor([*state, action, reward, *after, done])
            state, seen = after, seen + 1
            ledger.step("env", episode, step)
            batch = replay[torch.randint(seen, (16,))]
            with torch.no_grad():
                best = model(batch[:, 6:10]).max(1).values
            due = batch[:, 5] + 0.95 * best * (1 - batch[:, 10])
            guess = model(batch[:, :4]).gather(1, batch[:, 4:5].long())[:, 0]
            optimizer.zero_grad()
            F.smooth_l1_loss(guess, due).backward()
            optimizer.step()
            if done:
                break
        lengths.append(step)
    ledger.result(model, lengths=lengths)


if __name__ == "__main__":
    main()
