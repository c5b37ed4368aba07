"""What programs print, whatever the terminal can show and whoever reads it."""

import io
import os
import sys
from collections.abc import Callable

CLOSED_PIPE = 141
"""Exit code of a program whose reader has left, as shells report it: 128 + SIGPIPE."""


def run_in_terminal(program: Callable[[], int]) -> int:
    """Run a program and return its exit code; characters that the terminal lacks are printed as escapes.

    If the reader of the output leaves, as `head` does, the program ends without a message.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return program()
        finally:
            sys.stdout.flush()  # here, not at the end of the process, where nobody catches the error
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return CLOSED_PIPE
