import os

for epoch in range(3):
    save(path)  # @crash
    print(epoch)
