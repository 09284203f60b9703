import torch


def main(optimizer):
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)  # @resume
    for epoch in range(2):
        optimizer.step()
        scheduler.step()
        print(epoch, optimizer.param_groups[0]["lr"])


main(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0))
