"""A headless client: run a program under the adapter and recover it from a script.

    from daifu_dap.client import Client

    with Client.launch("train.py", cwd="project") as client:
        crash = client.wait_crash()
        print(crash.exception_type, crash.path, crash.line)
        ...                                            # edit the file
        client.replace_cell_and_continue(crash.path)
        code = client.wait_exit()

Use it for tests, demos and CI jobs.  It is not an editor: it keeps every event until somebody asks,
and it never resumes a program by itself.
"""

from daifu_dap.client.errors import ClientError, RequestFailed, SessionEnded, Timeout
from daifu_dap.client.records import CrashFrame, CrashInfo, Frame, Stop, Variable
from daifu_dap.client.session import Client

__all__ = [
    "Client",
    "ClientError",
    "CrashFrame",
    "CrashInfo",
    "Frame",
    "RequestFailed",
    "SessionEnded",
    "Stop",
    "Timeout",
    "Variable",
]
