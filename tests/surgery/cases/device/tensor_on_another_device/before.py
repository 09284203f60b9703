import torch


def main():
    weight = torch.ones(3)
    for step in range(3):
        x = torch.full((3,), float(step), device="meta" if step == 1 else "cpu")
        print(step, float((weight * x).sum()))  # @crash


main()
