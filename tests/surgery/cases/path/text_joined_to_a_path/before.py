import pathlib


def target(root, epoch):
    return root + f"/{epoch}.pt"  # @crash


for epoch in range(2):
    print(target(pathlib.PurePosixPath("runs"), epoch))
