import torch


def main():
    weight = torch.ones(3)
    for step in range(3):
        x = torch.full((3,), float(step), device="meta" if step == 1 else "cpu")
        if x.is_meta:  # @resume
            x = torch.full((3,), float(step), device=weight.device)
        print(step, float((weight * x).sum()))


main()
