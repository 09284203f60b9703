import math


def perplexity(probabilities):
    total = 0.0
    for p in probabilities:
        total -= math.log(p)  # @crash
    return round(math.exp(total / len(probabilities)), 3)


print(perplexity([0.5, 0.5]), perplexity([0.5, 0.0]))
