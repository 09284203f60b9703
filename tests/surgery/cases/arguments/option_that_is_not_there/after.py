from argparse import Namespace


def train(args):
    for epoch in range(args.epochs):
        rate = args.lr * 0.5**epoch  # @resume
        print(epoch, rate)


train(Namespace(epochs=2, lr=0.1))
