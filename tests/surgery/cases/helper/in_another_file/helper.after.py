import sys


def parse(text):
    print("parse", text)
    return float(text.replace(",", "."))  # @resume
