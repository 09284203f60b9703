def step(n, rate=0.5):
    print(n * rate.value)  # @crash


for n in (1, 2):
    step(n)
