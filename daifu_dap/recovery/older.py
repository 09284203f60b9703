"""Older texts that still run, and what a debugger must know to show their frames truly.

A frame keeps the lines of the text it was compiled from, and the debugger knows files and lines
only. So it is told which frames run which text, and a breakpoint asks, when it is hit, whether the
frame that hit it runs the text that it is meant for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import CodeType, FrameType

from daifu_dap.common.folder import real
from daifu_dap.common.typed import Any
from daifu_dap.recovery import state, versions
from daifu_dap.vaccine.names import HIDDEN_LINE
from daifu_dap.vaccine.text import Text


def texts() -> dict[str, list[Text]]:
    """The texts, by path, that code which lives was made from and that are not the present one."""
    found: dict[str, list[Text]] = {}
    for path, file in versions.files().items():
        if len(file.texts) == 1:
            continue
        for code in (*file.codes(), *file.rests()):
            text = file.running(code)
            if text is not None and text is not file.present:
                known = found.setdefault(path, [])
                if text not in known:
                    known.append(text)
    return found


def frames() -> Iterator[tuple[FrameType, Text, int]]:
    """The frames of this thread, and those that an exception held here has left, which run an older
    text, with it and their lines in it."""
    for frame, line in standing():
        text = text_of(frame.f_code)
        file = versions.known(frame.f_code.co_filename)
        if text is not None and file is not None and text is not file.present:
            yield frame, text, line


def standing() -> Iterator[tuple[FrameType, int]]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame, frame.f_lineno or 0
        frame = frame.f_back
    for crash in list(state.stops.values()):
        traceback = getattr(crash.exception, "__traceback__", None)
        while traceback is not None:
            if traceback.tb_frame is not crash.frame:
                yield traceback.tb_frame, traceback.tb_lineno
            traceback = traceback.tb_next


def text_of(code: CodeType) -> Text | None:
    file = versions.known(code.co_filename)
    return None if file is None else file.running(code)


_digests: dict[str, str] = {}
"""By the keys of texts."""


def digest(text: Text) -> str:
    """The name of a text that both sides know it by."""
    if text.key not in _digests:
        commands = importlib.import_module("daifu_dap.recovery.commands")
        _digests[text.key] = commands.digest(text.text)
    return _digests[text.key]


def runs(*digests: str) -> bool:
    """Whether the frame in which a debugger evaluates this runs one of some texts.

    It is part of the conditions of breakpoints. What cannot be told is not kept from stopping.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        text = text_of(frame.f_code)
        if (frame.f_lineno or 0) >= HIDDEN_LINE:
            return False  # it has just been left, at the line that is told of
        if text is not None:
            return digest(text) in digests
        frame = frame.f_back
    return True


_hits: dict[str, int] = {}
"""How often breakpoints were hit that have a hit condition."""


def hit(name: str, condition: str, before: int) -> bool:
    """Count a hit of a breakpoint; whether its hit condition holds.

    Args:
        name: what it is counted by.
        condition: as the client wrote it.
        before: how many hits it had before it was counted here.
    """
    _hits[name] = count = _hits.get(name, before) + 1
    module: Any = importlib.import_module("_pydevd_bundle.pydevd_process_net_command_json")
    meant = module.PyDevJsonCommandProcessor._get_hit_condition_expression(None, condition)
    asking = sys._getframe(1)
    try:
        expression = str(meant).replace("@HIT@", str(count))
        return bool(eval(expression, asking.f_globals, asking.f_locals))
    except Exception:  # which debugpy takes for "no"
        return False


def hits(path: str) -> list[tuple[int, int]]:
    """The breakpoints that the debugger has in a file: their lines, and how often each was hit."""
    module: Any = sys.modules.get("pydevd")
    debugger = getattr(module, "get_global_debugger", lambda: None)()
    found = []
    for each in (debugger.file_to_id_to_line_breakpoint if debugger is not None else {}).items():
        if real(each[0]) == real(path):
            found += [(one.line, getattr(one, "_hit_count", 0)) for one in each[1].values()]
    return found


def all_lines() -> None:
    """Have pydevd take a breakpoint on a line of any text that runs.

    It moves each to a line with code, for which it looks at the file on disk.
    """
    module: Any = importlib.import_module("_pydevd_bundle.pydevd_api")
    plain = getattr(module, "_get_code_lines", None)
    if plain is None or getattr(plain, "daifu", False):
        return

    def lines(of: object) -> Iterator[int]:
        file = versions.find(of) if isinstance(of, str) else None
        if file is None:
            yield from plain(of)
            return
        for text in (file.present, *texts().get(file.path, ())):
            yield from plain(compile(text.text, text.path, "exec", 0, dont_inherit=True))

    lines.daifu = True  # type: ignore[attr-defined]
    module._get_code_lines = lines
