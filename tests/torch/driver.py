"""Runs a program vaccinated, and answers its crashes: `driver.py NOTES ANSWERS main.py`.

NOTES is where the crashes of this process are written to, as JSON; ANSWERS a JSON list with an
answer for each crash: ["replace", OLD, NEW] edits the running text, ["set", EXPRESSION] evaluates
it with the frame's variables and retries, ["retry"], ["skip"] and ["return", VALUE] speak for
themselves. A crash beyond the last answer is raised.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import daifu_dap as daifu
from daifu_dap.vaccine import hook, script


def main() -> None:
    notes, given, path, *arguments = sys.argv[1:]
    answers = json.loads(given)
    crashes: list[dict[str, object]] = []
    texts: dict[str, str] = {}

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        refusal = None if crash.refusal is None else crash.refusal.code
        crashes.append(
            {
                "function": crash.function,
                "type": type(crash.exception).__name__,
                "message": str(crash.exception),
                "code": crash.source.splitlines()[crash.line - 1].strip(),
                "refusal": refusal,
                "thread": crash.thread_ident,
                "resolutions": crash.resolutions,
            }
        )
        Path(notes).write_text(json.dumps(crashes))
        if not answers:
            return daifu.Raise()
        kind, *rest = answers.pop(0)
        if kind == "replace":
            old, new = rest
            # The crashed frame may run an older text than the last one that was given.
            text = texts.get(crash.filename, crash.source)
            assert text.count(old) == 1, old
            texts[crash.filename] = text.replace(old, new)
            return daifu.Replace(texts[crash.filename])
        if kind == "set":
            eval(rest[0], dict(crash.locals), {"crash": crash})
            return daifu.Retry()
        if kind == "return":
            return daifu.Return(*rest)
        return {"retry": daifu.Retry, "skip": daifu.Skip}[kind]()

    daifu.set_crash_handler(handler)
    hook.start()
    script.run_file(path, arguments)


if __name__ == "__main__":
    main()
