"""debugpy's launcher for a program that is to outlive its debugger (`onDisconnect: hold`).

debugpy's own ends the program as soon as its adapter is gone.  This one lets it live, goes on to
take what the program prints, and ends with it.  A request to end the program is carried out as
ever.

It is run by the program's interpreter, as a file, in front of the folder of debugpy's launcher and
what that is given.
"""

import os
import sys


def main() -> None:
    """Run debugpy's launcher, whose folder is the first argument."""
    folder = sys.argv.pop(1)
    sys.path[0] = os.path.dirname(os.path.dirname(folder))
    __import__("debugpy")
    del sys.path[0]
    from debugpy import launcher
    from debugpy.launcher import __main__ as start
    from debugpy.launcher import debuggee, handlers, output

    connect = launcher.connect

    def gone() -> None:
        """The adapter is gone, and with it perhaps whoever reads what we print.

        The program's output is still taken, or it would fail to print.
        """
        del debuggee.wait_on_exit_predicates[:]
        for each in output.CaptureOutput.instances.values():
            each._stream = None

    def connected(host: str, port: int) -> None:
        connect(host, port)
        wait = launcher.channel.wait

        def ended() -> None:
            wait()
            if debuggee.process is not None:
                debuggee.process.wait()

        launcher.channel.wait = ended

    handlers.disconnect = gone
    launcher.connect = connected
    start.main()


if __name__ == "__main__":
    main()
