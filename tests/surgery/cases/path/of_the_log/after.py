import os
import tempfile

root = tempfile.mkdtemp()


def log(line):
    os.makedirs(os.path.join(root, "logs"), exist_ok=True)  # @resume
    with open(os.path.join(root, "logs", "train.txt"), "a") as stream:
        stream.write(line + "\n")
    print("logged", line)


for epoch in range(2):
    log(f"epoch {epoch}")
print(open(os.path.join(root, "logs", "train.txt")).read())
