"""`python -m daifu_dap.lsp`: the language server on stdio."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until the client says `exit`; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m daifu_dap.lsp",
        description="Language server: judges edits of held programs, mends common crashes.",
    )
    parser.add_argument("--stdio", action="store_true", help="speak on stdio (there is no other)")
    parser.add_argument("--verbose", action="store_true", help="say on stderr what happens")
    options = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO if options.verbose else logging.ERROR)
    try:
        from daifu_dap.lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("pygls", "lsprotocol", "libcst"):
            raise
        print(f"daifu: {error.name} is missing: pip install 'daifu-dap[lsp]'", file=sys.stderr)
        return 2
    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
