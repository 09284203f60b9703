import torch


def main():
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for step in range(3):
        loss = (w - 1).pow(2).sum()
        loss.backward()
        if w.grad.abs().item() > 2.0:  # @resume
            optimizer.zero_grad()
            (w - 1).pow(2).sum().backward()
        optimizer.step()
        print(step, round(w.item(), 3))


main()
