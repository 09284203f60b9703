# Differs: the first terms were added by the old text.
import math

EPSILON = 1e-3  # @warn DFU1005


def perplexity(probabilities):
    total = 0.0
    for p in probabilities:
        total -= math.log(p + EPSILON)  # @resume
    return round(math.exp(total / len(probabilities)), 3)


print(perplexity([0.5, 0.5]), perplexity([0.5, 0.0]))
