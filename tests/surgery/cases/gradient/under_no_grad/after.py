import torch


def main():
    w = torch.ones(1, requires_grad=True)
    with torch.no_grad():
        print("grad", torch.is_grad_enabled())
        loss = (w * 2).sum()
        with torch.enable_grad():  # @resume
            loss = (w * 2).sum()
            loss.backward()
    print(w.grad.item())


main()
