import torch


def main():
    w = torch.ones(1, requires_grad=True)
    with torch.no_grad():
        print("grad", torch.is_grad_enabled())
        loss = (w * 2).sum()
        loss.backward()  # @crash
    print(w.grad.item())


main()
