"""Imported by pydevd in a child process whose access token is not in its command line."""

import os
import runpy

_here = os.path.dirname(os.path.realpath(__file__))
_package = os.path.dirname(os.path.dirname(_here))
runpy.run_path(os.path.join(_package, "recovery", "credentials.py"))["resolve_setup"]()
