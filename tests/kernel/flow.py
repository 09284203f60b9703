"""What must be true of code that is put together: a walk along every path through it.

At each instruction the value stack must have one depth, whichever way it is come to, which its
exception handlers do not go below and `co_stacksize` is enough for; and from 3.12 on, where most
loads of locals do not look, a variable that is loaded so must be bound on every path.
"""

from __future__ import annotations

import dis
from itertools import pairwise
from types import CodeType

from daifu_dap.vaccine.bytecode import found, parsed, runtime
from daifu_dap.vaccine.extent import ENDS, steps
from daifu_dap.vaccine.names import RUNTIME

OPS = dis.opmap
LOAD, STORE, DELETE = OPS["LOAD_FAST"], OPS["STORE_FAST"], OPS["DELETE_FAST"]
CLEAR, CHECK = OPS.get("LOAD_FAST_AND_CLEAR"), OPS.get("LOAD_FAST_CHECK")
LOADS, BOTH, STORES = (
    OPS.get(f"{one}_FAST_{two}_FAST")
    for one, two in (("LOAD", "LOAD"), ("STORE", "LOAD"), ("STORE", "STORE"))
)

State = tuple[int, int]
"""How deep the value stack is, and a bit for each local that is certainly bound."""


def sound(code: CodeType) -> None:
    """See that all that is said above is true of `code`."""
    raw = code.co_code
    known = {each.start: each for each in steps(raw, 0, len(raw))}
    table = list(parsed(code.co_exceptiontable))
    assert table == sorted(table)
    assert all(one[1] <= two[0] for one, two in pairwise(table)), "overlap"
    handlers = {
        at: (handler, how) for start, end, handler, how in table for at in range(start, end)
    }
    assert len(list(code.co_positions())) == len(raw) // 2
    bound = -1 << len(code.co_varnames) | (1 << parameters(code)) - 1  # cells are, and parameters
    for name in set(code.co_varnames).intersection(code.co_cellvars):
        bound |= 1 << code.co_varnames.index(name)
    states: dict[int, State] = {0: (0, bound)}
    todo = [0]

    def reach(at: int, depth: int, bound: int) -> None:
        assert at in known, f"a jump into the middle of an instruction, {at}"
        assert 0 <= depth <= code.co_stacksize, f"depth {depth} at {at}"
        if at not in states:
            states[at] = depth, bound
        else:
            before, then = states[at]
            assert before == depth, f"depths {before} and {depth} at {at}"
            if then & bound == then:
                return
            states[at] = depth, then & bound
        todo.append(at)

    raising = set()
    if RUNTIME in code.co_names:  # `-runtime` does
        load = runtime(code)
        raising = {at + len(load) for at in found(raw, load + bytes((OPS["UNARY_NEGATIVE"], 0)))}
    while todo:
        step = known[todo.pop()]
        depth, bound = states[step.start]
        if step.start in handlers:
            handler, how = handlers[step.start]
            assert how >> 1 <= depth, f"depth {depth} at {step.start}, handler at {how >> 1}"
            reach(handler, (how >> 1) + (how & 1) + 1, bound)
        op, argument = step.op, step.argument
        first, second = 1 << (argument >> 4), 1 << (argument & 15)
        own = 1 << argument if op in (LOAD, STORE, DELETE, CLEAR, CHECK) else 0
        looks = {LOAD: own if CHECK is not None else 0, LOADS: first | second, BOTH: second}
        if op in (STORE, BOTH, STORES, CHECK):
            bound |= {BOTH: first, STORES: first | second}.get(op, own)
        needed = looks.get(op, 0)
        assert needed & bound == needed, f"unbound at {step.start}: {needed & ~bound:b}"
        if op in (DELETE, CLEAR):
            bound &= ~own
        if op == OPS["RETURN_GENERATOR"]:
            reach(step.end, 1, bound)
            continue
        given = argument if op >= dis.HAVE_ARGUMENT else None
        if step.to is not None:
            reach(step.to, depth + dis.stack_effect(op, given, jump=True), bound)
        left = depth + dis.stack_effect(op, given, jump=False)
        assert left >= 0
        if op not in ENDS and step.at not in raising:
            reach(step.end, left, bound)


def parameters(code: CodeType) -> int:
    """How many of the locals are parameters."""
    stars = (code.co_flags & 4) // 4 + (code.co_flags & 8) // 8
    return code.co_argcount + code.co_kwonlyargcount + stars
