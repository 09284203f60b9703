import os
import tempfile

root = tempfile.mkdtemp()


def log(line):
    with open(os.path.join(root, "logs", "train.txt"), "a") as stream:  # @crash
        stream.write(line + "\n")
    print("logged", line)


for epoch in range(2):
    log(f"epoch {epoch}")
print(open(os.path.join(root, "logs", "train.txt")).read())
