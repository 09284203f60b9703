"""Run with options, as a module, with arguments; ends by `sys.exit`."""
from __future__ import annotations

import sys
import warnings

if __debug__:
    print("debug")
assert len(sys.argv) > 5, "asserts run"


def checked(x: Undefined) -> AlsoUndefined:
    """Docstring."""
    assert x, "asserted"
    if __debug__:
        for _ in [0]: print("in debug")
    with open(sys.argv[0] if 0 else __file__): pass
    return x


def only_assert(x):
    assert x


def warned():
    for _ in [0]:
        warnings.warn("as an error?")


if __name__ == "__main__":
    print(sys.argv[1:], checked(1), checked.__doc__, __doc__, checked.__annotations__)
    print(only_assert(0), sys.flags.optimize, __package__, __spec__ and __spec__.name)
    warned()
    sys.exit("the end" if len(sys.argv) > 1 else 3)
