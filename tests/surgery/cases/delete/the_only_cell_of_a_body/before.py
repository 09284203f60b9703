def hook(x):
    log.info(x)  # @crash


for n in range(2):
    print(hook(n))
