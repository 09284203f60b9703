"""The getter, the setter and the deleter of a property at an edit."""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited

PROPERTY = """
    class Model:
        stored = 1
        @property
        def value(self):
            return ("got", self.stored)
        @value.setter
        def value(self, x):
            flaky()
            self.stored = x
        @value.deleter
        def value(self):
            self.stored = "deleted"
    def main():
        model = Model()
        model.value = 5
        first = model.value
        del model.value
        return first, model.value
    """


def test_the_methods_of_a_property_each_get_their_own_code(lab: Lab) -> None:
    answer = edited("self.stored = x", "self.stored = x * 10")
    assert lab.woven(PROPERTY, answer)[0] == (("got", 50), ("got", "deleted"))


def test_one_of_them_is_called_again(lab: Lab) -> None:
    again = daifu.RestartFrame()
    found = lab.woven(PROPERTY, again)
    assert found[0] == (("got", 5), ("got", "deleted"))
    edit = edited("flaky()", "flaky(); flaky()")
    found = lab.woven(PROPERTY, edit, again, fail=(1, 2))
    assert found[0] == (("got", 5), ("got", "deleted"))


def test_a_getter_and_a_deleter_keep_apart_when_the_setter_between_goes(lab: Lab) -> None:
    gone = "    @value.setter\n    def value(self, x):\n        flaky()\n        self.stored = x\n"
    text = PROPERTY.replace("first = model.value", "flaky()\n        first = model.value")
    answer = edited(gone, "")
    assert lab.woven(text, answer, fail=(2,))[0] == (("got", 5), ("got", "deleted"))


def test_a_property_that_is_new_has_all_its_methods(lab: Lab) -> None:
    text = """
    class Base:
        def shown(self): return "shown"
    class Model(Base):
        stored = 1
    def main():
        model = Model()
        return flaky(model)
    """
    added = """stored = 1
    @property
    def value(self): return super().shown(), self.stored
    @value.setter
    def value(self, x): self.stored = x, __class__.__name__
"""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        new = crash.source.replace("stored = 1\n", added)
        new = new.replace("    return flaky", "    model.value = 3\n    return flaky")
        return daifu.Replace(new.replace("flaky(model)", "model.value"))

    assert lab.woven(text, answer)[0] == ("shown", (3, "Model"))


@pytest.mark.parametrize("crashes", ["inside", "outside"])
def test_a_setter_and_a_deleter_that_an_edit_adds_are_those_of_the_property(
    lab: Lab, crashes: str
) -> None:
    text = """
    class Model:
        stored = 1
        @property
        def value(self):
            "Said."
            return "old", self.stored
        @value.getter
        def value(self):
            "Said."
            return "got", self.stored, INSIDE
    model = Model()
    kept = Model.value
    def main():
        OUTSIDE
        same = Model.value.fget is kept.fget
        return model.value, same, Model.value.__doc__
    """
    inside = crashes == "inside"
    text = text.replace("INSIDE", "flaky(2)" if inside else "2")
    text = text.replace("OUTSIDE", "pass" if inside else "flaky()")
    added = """
    @value.setter
    def value(self, x):
        self.stored = x, __class__.__name__
    @value.deleter
    def value(self):
        self.stored = "deleted"
model = Model()
"""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        new = crash.source.replace("\nmodel = Model()\n", added).replace('"got"', '"now"')
        call = "model.value = 3; first = model.value; del model.value"
        new = new.replace("same = ", f"{call}; same = first, ")
        return daifu.Replace(new)

    after = daifu.RestartFrame(1 if inside else 0)
    answers = [answer, after] if inside else [answer]
    found, _ = lab.woven(text, *answers, fail=(1, 2) if inside else (1,))
    got = ("now", (3, "Model"), 2)
    assert found == (("now", "deleted", 2), (got, True), "Said.")
    assert [each.refusal for each in lab.crashes] == [None] * len(answers)
