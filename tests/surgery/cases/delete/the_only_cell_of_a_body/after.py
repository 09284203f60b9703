def hook(x):
    pass  # @resume


for n in range(2):
    print(hook(n))
