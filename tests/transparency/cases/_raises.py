"""Raises when it is imported."""
VALUE = [1, 2]
for each in VALUE:
    with open(__file__):
        if each == 2:
            VALUE[each]
