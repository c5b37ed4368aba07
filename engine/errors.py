"""InputError: the error whose message is written for users; DamagedFile: a file that cannot be trusted."""

from __future__ import annotations

from typing import Self


class InputError(ValueError):
    """Invalid input of a user; nothing was changed.

    The message has one sentence with the expected and the actual value, and one that says what to do.
    The command line prints it and exits with 2; pages show it in place.
    """

    def __init__(self, expected: str, got: object, remedy: str) -> None:
        super().__init__(f"Expected {expected}, got {got}. {remedy}")

    @classmethod
    def plain(cls, message: str) -> Self:
        """An error whose message does not have the form "Expected A, got B"; it says what is wrong and what to do."""
        error = cls.__new__(cls)
        ValueError.__init__(error, message)
        return error

    @classmethod
    def read_only(cls) -> Self:
        """The error of every change to a laboratory that was opened read-only."""
        return cls.plain("This laboratory is read-only. Open it without --read-only to change something.")

    def __reduce__(self):
        return type(self).plain, (str(self),)


class DamagedFile(InputError):
    """A file of the store that cannot be read, or whose content is not what was written; everything else goes on."""


class UnreadableFile(DamagedFile):
    """A file of the store that cannot be opened, although its content may be whole."""


def disk_words(error: OSError) -> str:
    """What the system says about a file or the disk, with the file where it is known."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason} ({error.filename})" if error.filename and str(error.filename) not in reason else reason
