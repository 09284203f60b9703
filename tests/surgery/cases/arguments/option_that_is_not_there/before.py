from argparse import Namespace


def train(args):
    for epoch in range(args.epochs):
        rate = args.learning_rate * 0.5**epoch  # @crash
        print(epoch, rate)


train(Namespace(epochs=2, lr=0.1))
