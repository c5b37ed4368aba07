"""What programs print, whatever the terminal can show and whoever reads it."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast

CLOSED_PIPE = 141
"""Exit code of a program whose reader has left, as shells report it: 128 + SIGPIPE."""

HIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
"""Characters that command a terminal or turn the direction of text. Tabs, returns and new lines are not among them."""


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


@contextmanager
def control_characters_escaped() -> Iterator[None]:
    """Context that prints control characters as escapes, since names and texts in files may be anyone's.

    Standard error keeps the returns by which progress bars begin their line again.
    """
    stdout, stderr = _Escaping(sys.stdout, rf"{HIDDEN}|\r"), _Escaping(sys.stderr, HIDDEN)
    with redirect_stdout(cast(TextIO, stdout)), redirect_stderr(cast(TextIO, stderr)):
        yield


class _Escaping:
    """A stream that writes the characters of a pattern as escapes."""

    def __init__(self, stream: TextIO, hidden: str) -> None:
        self._stream, self._hidden = stream, re.compile(hidden)

    def write(self, text: str) -> int:
        return self._stream.write(self._hidden.sub(_escape, text))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
