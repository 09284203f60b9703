def show(epoch, best=None):
    print(f"{epoch}: best {best:.2f}")  # @crash


for epoch, best in ((0, 1.5), (1, None)):
    show(epoch, best)
