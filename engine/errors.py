"""The one error that users are meant to read."""

from __future__ import annotations

from typing import Self


class InputError(ValueError):
    """Something a user gave cannot be used; nothing was changed.

    The message is one sentence of what was expected and what came, and one of what to do.
    The command line prints it and exits with 2, pages show it in place.
    """

    def __init__(self, expected: str, got: object, remedy: str) -> None:
        super().__init__(f"Expected {expected}, got {got}. {remedy}")

    @classmethod
    def plain(cls, message: str) -> Self:
        """An error in other words than "Expected A, got B"; these also say what is wrong and what to do."""
        error = cls.__new__(cls)
        ValueError.__init__(error, message)
        return error

    def __reduce__(self):
        return type(self).plain, (str(self),)
