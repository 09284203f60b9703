def early(trainer, epoch):
    return epoch >= 1


def fit(callbacks):
    for epoch in range(3):
        print("epoch", epoch)
        if any(callback(epoch) for callback in callbacks):  # @crash
            break
    print("end")


fit([early])
