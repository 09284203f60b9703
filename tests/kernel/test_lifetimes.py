"""Nothing lives longer than in the plain program; many recoveries cost no more than one."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import daifu_dap as daifu
from tests.kernel.conftest import Boom, Lab


class Thing:
    """Something that can be watched."""


def test_locals_are_let_go_after_return_and_after_recovery(lab: Lab) -> None:
    lab.always = daifu.Retry()
    seen: list[weakref.ref[Thing]] = []

    def make() -> Thing:
        thing = Thing()
        seen.append(weakref.ref(thing))
        return thing

    gc.disable()
    try:
        for fail in ((), (1,), (1, 2)):
            module = lab.module("""
            def main():
                thing = make()
                with open(__file__):
                    for item in [thing]:
                        flaky()
                del item
                return 1
            """, fail, make=make)  # fmt: skip
            assert module.main() == 1
            assert seen.pop()() is None, fail
    finally:
        gc.enable()


def test_a_local_deleted_after_a_recovery_is_gone_at_once(lab: Lab) -> None:
    lab.always = daifu.Retry()
    module = lab.module("""
    def main():
        thing = Thing()
        watch = weakref.ref(thing)
        flaky()
        del thing
        return watch()
    """, (1,), Thing=Thing, weakref=weakref)  # fmt: skip
    gc.disable()
    try:
        assert module.main() is None
    finally:
        gc.enable()


def test_a_generator_that_is_broken_out_of_is_closed_where_plain_closes_it(lab: Lab) -> None:
    lab.check_everywhere("""
    def rows():
        try:
            for i in range(5):
                yield i
        finally:
            log("closed")
    def main():
        for row in rows():
            log(flaky(row))
            if row == 1:
                break
        log("after the loop")
        for row in rows():
            try:
                if flaky(row): raise KeyError(row)
            except KeyError:
                log("handled"); break
        log(flaky("end"))
    """)


def test_a_thousand_recoveries_keep_no_memory_and_no_stack(lab: Lab) -> None:
    lab.always = daifu.Retry()
    module = lab.module("""
    import sys
    def depth():
        frame, n = sys._getframe(), 0
        while frame: frame, n = frame.f_back, n + 1
        return n
    def main(steps):
        depths = set()
        for i in range(steps):
            sometimes()
            depths.add(depth())
        return depths
    """, sometimes=Every(2))  # fmt: skip
    assert len(module.main(300)) == 1
    lab.crashes.clear()
    gc.collect()
    tracemalloc.start()
    try:
        module.main(300)
        lab.crashes.clear()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        module.main(1000)
        assert len(lab.crashes) == 1000
        lab.crashes.clear()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_500_000, "an entry of the journal each, and no code"


class Every:
    """Fails at every `period`-th call, the first included."""

    def __init__(self, period: int) -> None:
        self.period, self.calls = period, 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls % self.period:
            raise Boom(self.calls)
