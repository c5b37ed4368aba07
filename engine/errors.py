"""The one error that users are meant to read."""


class InputError(ValueError):
    """Something a user gave cannot be used; nothing was changed.

    The message is one sentence of what was expected and what came, and one of what to do.
    The command line prints it and exits with 2, pages show it in place.
    """

    def __init__(self, expected: str, got: object, remedy: str) -> None:
        super().__init__(f"Expected {expected}, got {got}. {remedy}")
        self.expected, self.got, self.remedy = expected, got, remedy

    def __reduce__(self):
        return type(self), (self.expected, self.got, self.remedy)
