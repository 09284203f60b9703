# Differs: the function that exists keeps its default.
def step(n, rate=0.25):  # @warn DFU1003
    print(n * rate)  # @resume


for n in (1, 2):
    step(n)
