"""Files that the person has in one place and the program in another (`pathMappings`).

debugpy translates in what is its own.  Here the same is done in what is ours: a request names the
person's file, and everything inside means the program's; what is told names the person's again.
What was saved is read from the person's file where this machine has it.
"""

from __future__ import annotations

import os
from typing import Any

from daifu_dap.common.framing import Message

Json = dict[str, Any]


class Paths:
    """Pairs of folders, the person's and the program's; without any, nothing is translated."""

    def __init__(self, arguments: Json | None = None) -> None:
        """Read the arguments of a `launch` or `attach`; what is malformed is debugpy's to refuse.

        A remote folder that is not absolute is known to the program alone, and left out.
        """
        given = (arguments or {}).get("pathMappings")
        pairs = (
            [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
        )
        self._pairs: list[tuple[str, str]] = []
        for each in pairs:
            local, remote = each.get("localRoot"), each.get("remoteRoot")
            if isinstance(local, str) and isinstance(remote, str) and os.path.isabs(remote):
                self._pairs.append((os.path.normpath(local), os.path.normpath(remote)))

    def remote(self, path: str) -> str:
        """The program's name for a file of the person's."""
        return _moved(path, self._pairs)

    def local(self, path: str) -> str:
        """The person's name for a file of the program's."""
        return _moved(path, [(remote, local) for local, remote in self._pairs])

    def disk(self, path: str) -> str:
        """Where the saved text of a file of the program's is: the person's file, if it is here."""
        local = self.local(path)
        return local if local == path or os.path.exists(local) else path

    def told(self, body: Any) -> Any:
        """A body of ours with the person's names: whatever is called `path`, texts by path, and
        a message about a file."""
        if not self._pairs:
            return body
        if isinstance(body, list):
            return [self.told(each) for each in body]
        if not isinstance(body, dict):
            return body
        found: Json = {}
        for key, value in body.items():
            if key == "path" and isinstance(value, str):
                found[key] = self.local(value)
            elif key == "texts" and isinstance(value, dict):
                found[key] = {self.local(path): text for path, text in value.items()}
            else:
                found[key] = self.told(value)
        path, message = body.get("path"), body.get("message")
        if isinstance(path, str) and isinstance(message, str):
            found["message"] = message.replace(path, self.local(path))
        return found

    def failure(self, answer: Message) -> Message:
        """The answer to a request that failed, with the person's names."""
        if not self._pairs:
            return answer
        body = dict(answer["body"])
        said = str(answer["message"])
        for each in body.get("refusals") or ():
            if isinstance(each.get("path"), str):
                said = said.replace(each["path"], self.local(each["path"]))
        if said != answer["message"]:
            form = said.replace("{", "(").replace("}", ")")
            body["error"] = {**body["error"], "format": form}
        return {**answer, "message": said, "body": self.told(body)}


def _moved(path: str, pairs: list[tuple[str, str]]) -> str:
    """A path with the first folder that it lies in exchanged."""
    normal = os.path.normpath(path)
    for here, there in pairs:
        if normal == here:
            return there
        if normal.startswith(here.rstrip(os.sep) + os.sep):
            return os.path.join(there, os.path.relpath(normal, here))
    return path
