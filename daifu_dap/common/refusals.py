"""The frozen catalogue of refusals (DFU0xxx) and warnings (DFU1xxx).

Every reason for which something is refused, or allowed with a surprise, has one number here for
ever: clients switch on it, documentation links to it (``docs/refusals.md#dfu0001``), tests assert
it. A number is never reused and never changes its meaning; the wording may improve. Each sentence
says what to do instead. A refusal promises that nothing has changed.

Places are those of `ast`: lines count from 1, columns count UTF-8 bytes from 0. They are places in
the *new* text where there is one. The DAP side converts columns for its client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any, ClassVar, Self

__all__ = ["CATALOGUE", "Code", "Notice", "Refusal", "syntax"]

CATALOGUE: dict[str, Code] = {}


class Code(Record, frozen=True):
    """One numbered reason: its number, its title and the sentence it fills in."""

    number: str
    title: str
    template: str

    def __init__(self, number: str, title: str, template: str) -> None:
        if number in CATALOGUE:
            raise ValueError(f"{number} is already taken")
        vars(self).update(number=number, title=title, template=template)  # there are many
        CATALOGUE[number] = self

    @property
    def warns(self) -> bool:
        """Tell whether this is a warning (DFU1xxx) rather than a refusal."""
        return self.number.startswith("DFU1")

    @property
    def fields(self) -> frozenset[str]:
        """Name the fields that the sentence needs."""
        return frozenset(re.findall(r"\{(\w+)\}", self.template))

    @property
    def page(self) -> str:
        """Give the page and anchor, relative to the project's root, that explains the number."""
        return f"docs/refusals.md#{self.number.lower()}"

    def say(self, fields: Mapping[str, object]) -> str:
        """Fill in the sentence; raises KeyError for a field that is missing."""
        return self.template.format_map(fields)


class _Place(Record, frozen=True):
    path: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def to_json(self) -> dict[str, Any]:
        named = {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "endLine": self.end_line,
            "endColumn": self.end_column,
        }
        return {key: value for key, value in named.items() if value is not None}


class Refusal(Exception):
    """Something was refused for a numbered reason, and nothing has changed.

    `code` is the number as a string, `message` the sentence that says what to do instead; `path`,
    `line`, `column`, `end_line` and `end_column` are the place where one is known, else None.
    """

    def __init__(self, reason: Code, message: str, place: _Place) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = reason.number
        self.message = message
        self.path = place.path
        self.line = place.line
        self.column = place.column
        self.end_line = place.end_line
        self.end_column = place.end_column

    @classmethod
    def of(
        cls,
        reason: Code,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
        **fields: object,
    ) -> Self:
        """Build the refusal for `reason`, filling its sentence from `fields` and the place.

        Raises KeyError when the sentence needs a field that was not given.
        """
        place = _Place(path, line, column, end_line, end_column)
        said = {"path": path, "line": line, "column": column, **fields}
        return cls(reason, reason.say(said), place)

    def at(self, path: str) -> Self:
        """Return the same refusal with `path` filled in where it has none yet."""
        if self.path is None:
            self.path = path
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.reason, self.message, self._place()))

    def __str__(self) -> str:
        where = "" if self.line is None else f" ({self.path or 'new text'}, line {self.line})"
        return f"{self.code}: {self.message}{where}"

    def _place(self) -> _Place:
        return _Place(self.path, self.line, self.column, self.end_line, self.end_column)

    def to_json(self) -> dict[str, Any]:
        """Return the form it has in DAP bodies: code, message, page and place."""
        said = {"code": self.code, "message": self.message, "page": self.reason.page}
        return {**said, **self._place().to_json()}


class Notice(Record, frozen=True):
    """A numbered warning: what was asked is done, but may surprise."""

    reason: Code
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    severity: ClassVar[str] = "warning"

    @classmethod
    def of(
        cls,
        reason: Code,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
        **fields: object,
    ) -> Self:
        """Build the warning for `reason`; raises KeyError for a missing field."""
        said = {"path": path, "line": line, "column": column, **fields}
        return cls(reason, reason.say(said), path, line, column, end_line, end_column)

    @property
    def code(self) -> str:
        """Give the number as a string."""
        return self.reason.number

    def to_json(self) -> dict[str, Any]:
        """Return the form it has in DAP bodies: code, message, page and place."""
        place = _Place(self.path, self.line, self.column, self.end_line, self.end_column)
        said = {"code": self.code, "message": self.message, "page": self.reason.page}
        return {**said, **place.to_json()}


def syntax(
    error: SyntaxError, path: str | None = None, text: str | None = None, *, compiled: bool = False
) -> Refusal:
    """Turn a SyntaxError of `compile` or `ast.parse` into the refusal DFU0001.

    The message carries the parser's words, the offending line and a caret line. `text` is the text
    that was parsed; it is believed before the line that the error carries, which Python reads from
    the disk for errors found after parsing. `compiled` says that the error is such a one: its
    columns count bytes, those of the parser count characters.
    """
    line = error.lineno or 1
    source = error.text
    if text is not None:
        lines = re.split("\r\n|\r|\n", text)
        line = min(line, len(lines))
        source = lines[line - 1]
    source = (source or "").rstrip("\r\n")
    start, stop = (error.offset or 1) - 1, (error.end_offset or 0) - 1
    if compiled:
        raw = source.encode()
        start = len(raw[: max(start, 0)].decode(errors="ignore"))
        stop = len(raw[: max(stop, 0)].decode(errors="ignore"))
    start = min(max(start, 0), len(source))
    if error.end_lineno not in (None, error.lineno):
        stop = len(source)
    stop = min(max(stop, start + 1), len(source))
    indent = len(source) - len(source.lstrip())
    shown = source[indent:]
    caret = " " * max(start - indent, 0) + "^" * max(stop - start, 1)
    return Refusal.of(
        SYNTAX,
        path=path,
        line=line,
        column=len(source[:start].encode()),
        end_line=line,
        end_column=len(source[:stop].encode()),
        why=error.msg,
        at=start + 1,
        excerpt=f"\n    {shown}\n    {caret}" if shown else "",
    )


SYNTAX = Code(
    "DFU0001",
    "The new text does not parse",
    "The new text does not parse: {why} at line {line}, column {at}; mend it and replace "
    "again.{excerpt}",
)
NOT_LOADED = Code(
    "DFU0002",
    "Not a vaccinated file of this program",
    "{path} is not a vaccinated file that this program has loaded; edit one of its project files, "
    "or start it with a vaccinateInclude that covers this one.",
)
UNREADABLE = Code(
    "DFU0003",
    "The file cannot be read",
    "{path} cannot be read as UTF-8 text ({why}); restore or save the file, or send its text in "
    "'text'.",
)
STALE_STOP = Code(
    "DFU0004",
    "The stop is an old one",
    "stopId {stop_id} is not the present stop ({present}); ask daifu/describe again and repeat "
    "the request with its stopId.",
)
NO_THREAD = Code(
    "DFU0005",
    "No such thread is stopped at a crash",
    "Thread {thread_id} is not stopped at a crash; name one that is ({stopped}), or leave "
    "threadId out when there is only one.",
)
NOT_STOPPED = Code(
    "DFU0006",
    "Nothing is stopped at a crash",
    "No thread is stopped at a crash, so there is nothing to recover; wait for daifu/crash and "
    "send the request then.",
)
SEVERAL_STOPS = Code(
    "DFU0007",
    "Several threads are stopped",
    "Several threads are stopped at a crash ({stopped}); say which one with threadId.",
)
RUNNING = Code(
    "DFU0008",
    "The program is running",
    "The program is running; wait for its next stop, or pause it, and send the request again.",
)
FUNCTION_REMOVED = Code(
    "DFU0009",
    "The function that holds the crash is gone",
    "{function} holds the crash and is not in the new text; keep it until this call has "
    "returned, and remove it afterwards.",
)
BLOCK_REMOVED = Code(
    "DFU0010",
    "A live enclosing block was removed",
    "The {block} of line {old_line} is still open around the crashed cell, and the new text has "
    "it no more; keep it around the cell and change what is inside, or restart the frame.",
)
BLOCK_ADDED = Code(
    "DFU0011",
    "A block was put around cells that have already run",
    "The {block} of line {line} was put around the crashed cell together with cells that have "
    "already run, so it was never entered; put it around the crashed cell and what follows only, "
    "or restart the frame.",
)
ITEMS_CHANGED = Code(
    "DFU0012",
    "The managers of a live with changed",
    "The with of line {line} is open with {entered} entered manager(s) and now names {named}; "
    "keep their number while it is open, or nest the new one in a with of its own inside.",
)
CLOSURE = Code(
    "DFU0013",
    "A new closure variable is out of reach",
    "The new text of {function} uses {name} of an enclosing function, which the live function "
    "has no hold of; pass it as a parameter or an attribute, or restart the frame of the "
    "enclosing function.",
)
FLAVOUR = Code(
    "DFU0014",
    "A live function changed its kind",
    "{function} runs as {was} and would become {now}; a live call cannot change that: leave its "
    "kind until it has returned, or restart the frame of its caller.",
)
GENERATOR_DEAD = Code(
    "DFU0015",
    "The iterator died with the exception",
    "The {what} that raised is finished and cannot be resumed from outside; build it anew in the "
    "edited cell or from the console, or vaccinate the function that makes it.",
)
APPLY_RAISED = Code(
    "DFU0016",
    "A new module-level statement raised",
    "{statement} raised {error} while the replacement was applied, and everything was rolled "
    "back; mend that statement, or take it out, and replace again.",
)
NOT_ENTERABLE = Code(
    "DFU0017",
    "That cell cannot be entered from here",
    "Line {line} cannot be entered from the crashed cell: {why}; choose a cell whose enclosing "
    "loops, with blocks and handlers are all open now.",
)
VALUE = Code(
    "DFU0018",
    "The value expression is invalid",
    "{expression} cannot be evaluated in the stopped frame ({error}); send an expression that can.",
)
NO_CELL = Code(
    "DFU0019",
    "There is no cell there",
    "There is no cell at line {line} of {where}; name a line on which a statement of a function "
    "body or of the module starts.",
)
UNKNOWN_ACTION = Code(
    "DFU0020",
    "Unknown action",
    "{action} is not an action; use one of {known}.",
)
ARGUMENT = Code(
    "DFU0021",
    "An argument is missing or malformed",
    "Argument {field} {why}; correct it and send the request again.",
)
NOT_RESUMABLE = Code(
    "DFU0022",
    "The frame cannot be resumed",
    "{function} cannot be resumed or restarted ({why}); choose a frame that daifu/describe marks "
    "as resumable.",
)
NOT_WRITTEN = Code(
    "DFU0023",
    "The file could not be written",
    "{path} could not be written ({why}), so nothing was replaced; make it writable, or leave "
    "writeBack out.",
)
FAILED = Code(
    "DFU0024",
    "The replacement failed inside DaiFu",
    "The replacement failed inside DaiFu and was rolled back ({error}); retry, skip or raise "
    "still work, and a report of this text is welcome.",
)
ITEM_LOST = Code(
    "DFU0025",
    "The iterator is past the item that it failed on",
    "The DataLoader is past the batch that it failed on and cannot give it again ({why}), so a "
    "retry would leave it out without a word; build the iterator anew in the edited header, or "
    "skip the loop.",
)

ALREADY_RAN = Code(
    "DFU1001",
    "An edited cell has already run",
    "This cell has already run in this pass and does not run again now; go to line {line} "
    "instead if it should.",
)
ADDED_BEFORE = Code(
    "DFU1002",
    "An added cell lies before the resume point",
    "This cell was added before the place where the program goes on, so this pass does not run "
    "it; go to line {line} instead if it should.",
)
DEFINITION_ONLY = Code(
    "DFU1003",
    "Only new definitions see this",
    "The {what} of {function} changed; only definitions made from now on see it, the function "
    "that exists keeps its own.",
)
MODULE_CELL = Code(
    "DFU1004",
    "A module-level statement does not run again",
    "This module-level statement changed and does not run now; run it in the console if the "
    "program needs its effect.",
)
RUN_ON_APPLY = Code(
    "DFU1005",
    "A new definition runs when the edit is applied",
    "{what} is new in {path} and runs when the edit is applied.",
)
STILL_BOUND = Code(
    "DFU1006",
    "A removed definition is still bound",
    "{what} was removed from the text but stays bound in the running module; delete it in the "
    "console if the program must not see it.",
)
LIVE_HEADER = Code(
    "DFU1007",
    "The header of a live block changed",
    "The {block} of line {line} goes on with what it was entered with; its new header counts the "
    "next time it is entered.",
)
CELL_DELETED = Code(
    "DFU1008",
    "The crashed cell was deleted",
    "The crashed cell is not in the new text; the program goes on with what follows it.",
)
PARAMETERS = Code(
    "DFU1009",
    "The parameters of a live function changed",
    "The parameters of {function} changed; the live call keeps its arguments, and {names}, which "
    "has no default, stays unbound in it.",
)
UNBOUND = Code(
    "DFU1010",
    "A new closure variable is unbound so far",
    "{name} is new in the enclosing function and unbound until that function assigns it.",
)
RENAMED = Code(
    "DFU1011",
    "A live function was renamed",
    "{old_name} is now called {new_name}; code in other files that names it by the old name still "
    "gets the old function.",
)
CLASS_HEADER = Code(
    "DFU1012",
    "The bases of a class changed",
    "The bases or keywords of class {name} changed; the class that exists and its instances keep "
    "their own, its methods take the new text.",
)
CELL_MERGED = Code(
    "DFU1013",
    "A cell that has run was merged into the crashed one",
    "This cell holds code of one that has already run in this pass; all of it runs now.",
)
CLASS_CELL = Code(
    "DFU1014",
    "A class-level statement does not run again",
    "This statement of class {name} changed and does not run now; the class that exists keeps "
    "what it has: set the attribute in the console if the program needs it.",
)
CLOSURE_LATER = Code(
    "DFU1015",
    "Existing closures cannot take this",
    "{function} now uses {names} of the enclosing function; functions that exist keep their old "
    "text, those made from now on have the new one.",
)
NO_DEFAULT = Code(
    "DFU1016",
    "A new default is out of reach",
    "The default of {names} of {function} needs variables of the enclosing function; functions "
    "that exist have none, so calls of them must give the argument.",
)
MODULE_ADDED = Code(
    "DFU1017",
    "An added module-level statement does not run",
    "This module-level statement was added and does not run when the edit is applied; send the "
    "request with runAdded, or run it in the console, if the program needs its effect.",
)
LAMBDA_KEPT = Code(
    "DFU1018",
    "A lambda has no certain place in the new text",
    "{function} has made a lambda that is still held, and which of the new text it is cannot be "
    "told; it keeps its old text, those made from now on have the new one.",
)
TAKEN_FOR = Code(
    "DFU1019",
    "A variable is taken for a renamed one",
    "{new_name} is taken for the variable {old_name} under a new name and goes on with its value; "
    "assign it in the console, or keep the old name as well, if it is another.",
)
FIELD_ADDED = Code(
    "DFU1020",
    "A new field needs its class made anew",
    "{field} is new in class {name}, which its decorator made with the fields it had: neither its "
    "__init__ nor its instances get the field; set the attribute in the console, or make the class "
    "anew.",
)
CALL_KEPT = Code(
    "DFU1021",
    "A call that is under way keeps its text",
    "A call of {function} that is under way at line {old_line} cannot go on in the new text "
    "({why}); it runs its own to the end, and calls that begin from now on the new one.",
)
