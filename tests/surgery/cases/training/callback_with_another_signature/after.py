def early(trainer, epoch):
    return epoch >= 1


def fit(callbacks):
    for epoch in range(3):
        print("epoch", epoch)
        if any(callback(None, epoch) for callback in callbacks):  # @resume
            break
    print("end")


fit([early])
