def show(epoch, best=None):
    print(f"{epoch}: best {'none' if best is None else format(best, '.2f')}")  # @resume


for epoch, best in ((0, 1.5), (1, None)):
    show(epoch, best)
