"""Exceptions by which items, attributes and iteration answer: whether who asked means them."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import Lab
from tests.kernel.meaning import body, held, library

DATA = """
class Data:
    def __init__(self, rows): self.rows = rows
    def __len__(self): return 9
    def __getitem__(self, index): return self.row(index)
    def row(self, index): return self.rows[index]
"""


@pytest.mark.parametrize("use", [
    "[x for x in Data([1, 2])]", "list(Data([1, 2]))", "3 in Data([1, 2])", "sum(Data([1, 2]))",
    "[*Data([1, 2])]", "(lambda a, b: (a, b))(*Data([1, 2]))", "dict(enumerate(Data([1, 2])))",
    "sorted(Data([2, 1]))", "list(zip(Data('ab'), Data('c')))", "''.join(Data('ab'))",
    "list(map(str, Data([1])))", "max(x for x in Data([1, 2]))",
])  # fmt: skip
def test_iteration_by_index_ends_where_the_plain_program_ends_it(lab: Lab, use: str) -> None:
    assert held(lab, DATA + f"def main():\n    a = {use}\n    return a\n") == []


def test_a_loop_over_indices_ends_too(lab: Lab) -> None:
    assert held(lab, DATA + body("""
    found = []
    for x in Data([1, 2]): found.append(x)
    a, b = Data([1, 2])
    return found, a, b
    """)) == []  # fmt: skip


@pytest.mark.parametrize("use", [
    "Data([1])[5]", "[Data([1])[i] for i in range(3)]", "Data([1]).__getitem__(2)",
    "__import__('operator').getitem(Data([1]), 2)",
])  # fmt: skip
def test_a_subscript_does_not_end_quietly(lab: Lab, use: str) -> None:
    assert held(lab, DATA + f"def main(): return {use}\n")[0] == ("Data.row", "IndexError")


@pytest.mark.parametrize("bug", ["row[index]", "self.deep(row, index)"])
def test_a_bug_in_a_data_set_is_held_there_when_a_library_indexes(lab: Lab, bug: str) -> None:
    fetch = library(lab, """
    class Fetcher:
        def __init__(self, data): self.data = data
        def fetch(self, indices): return [self.data[index] for index in indices]
    """)["Fetcher"]  # fmt: skip
    module = lab.module(f"""
    class Rows:
        def __len__(self): return 4
        def deep(self, row, index): return row[index]
        def __getitem__(self, index):
            row = [index, index + 1]
            if index == 3: raise IndexError(index)
            return {bug}
    def main(*indices):
        return Fetcher(Rows()).fetch(indices)
    """, Fetcher=fetch)  # fmt: skip
    for index, found in ((2, "Rows.deep" if "deep" in bug else "Rows.__getitem__"),
                         (3, "Rows.__getitem__")):  # fmt: skip
        lab.crashes.clear()
        with pytest.raises(IndexError):
            module.main(index)
        assert [each.function for each in lab.crashes][:1] == [found]


def test_an_item_that_is_not_there_is_the_affair_of_who_asked(lab: Lab) -> None:
    assert held(lab, """
    class Settings:
        def __getitem__(self, key): raise KeyError(key)
    def main(): return Settings()["rate"]
    """) == [("main", "KeyError")]  # fmt: skip


@pytest.mark.parametrize("use", ["hasattr(a, 'x')", "getattr(a, 'x', 0)", "a.x"])
def test_an_attribute_that_fails_is_taken_by_who_asks_whether_it_is_there(
    lab: Lab, use: str
) -> None:
    assert held(lab, f"""
    def deep(): raise AttributeError("deep")
    class A:
        @property
        def x(self): return deep()
        def __getattr__(self, name): return "fallback"
    def main():
        a = A()
        return {use}
    """) == []  # fmt: skip


def test_an_attribute_that_fails_is_a_crash_where_nobody_asks(lab: Lab) -> None:
    assert held(lab, """
    def deep(): raise AttributeError("deep")
    class A:
        @property
        def x(self): return deep()
    def main():
        return A().x
    """)[0] == ("deep", "AttributeError")  # fmt: skip


def test_an_attribute_that_is_missing_is_the_affair_of_who_asked(lab: Lab) -> None:
    assert held(lab, """
    class A:
        def __init__(self): self.inner = 3
        def __getattr__(self, name):
            if name.startswith("_"): raise AttributeError(name)
            return getattr(self.inner, name)
    def main():
        assert not hasattr(A(), "missing") and A().real == 3
        return A().missing
    """) == [("main", "AttributeError")]  # fmt: skip


def test_a_deleter_that_fails_is_passed_over_as_ever(lab: Lab) -> None:
    assert held(lab, """
    import warnings
    def deep(): raise ValueError("deep")
    class A:
        def __del__(self): deep()
    def main():
        sys.unraisablehook = lambda what: log(type(what.exc_value).__name__)
        try: A()
        finally: sys.unraisablehook = sys.__unraisablehook__
    """) == []  # fmt: skip
