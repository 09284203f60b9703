"""Examples that pass and some that fail, in a module and in a file.

>>> total([1, 2])
3
>>> total([1, "a"])
Traceback (most recent call last):
    ...
TypeError: unsupported operand type(s) for +=: 'int' and 'str'
>>> total([1, None])
'another outcome'
"""
import doctest
import sys


def total(values):
    """
    >>> for n in range(2):
    ...     print(total(range(n)))
    0
    0
    >>> total(1)
    5
    """
    found = 0
    for each in values:
        found += each
    return found


class Counted:
    """
    >>> c = Counted(); c.up(); c.n
    1
    >>> Counted.up.__doc__.strip()
    '>>> Counted(1).up()'
    >>> [*c]
    [0, 1]
    """
    def __init__(self, n=0):
        self.n = n

    def up(self):
        """>>> Counted(1).up()"""
        self.n += 1

    def __iter__(self):
        with open(__file__):
            yield from range(self.n + 1)

    @property
    def twice(self):
        """
        >>> Counted(4).twice
        9
        """
        return self.n * 2

    @classmethod
    def made(cls):
        """
        >>> Counted.made().n
        Traceback (most recent call last):
        ZeroDivisionError: division by zero
        """
        try:
            return cls(1 / 0)
        finally:
            len("")


if __name__ == "__main__":
    print(doctest.testmod(verbose="-v" in sys.argv))
    print(doctest.testfile("doctested.txt", globs={"total": total}))
    tests = doctest.DocTestFinder().find(sys.modules["__main__"], "m")
    print([(each.name, each.lineno, len(each.examples)) for each in tests])
