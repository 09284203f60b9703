import torch

w = torch.ones(1, requires_grad=True)


def main():
    hidden = w * w
    for step in range(2):
        loss = (hidden * (step + 1)).sum()
        loss = (w * w * (step + 1)).sum()  # @resume
        loss.backward()
        print(step, w.grad.item())


main()
