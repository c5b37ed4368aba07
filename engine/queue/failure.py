"""What the queue says of a job that failed, in one sentence."""

import errno

from engine.errors import InputError


def failure_sentence(failure: BaseException, unknown: str = "") -> str:
    """The reason for a person: what to do where that is known, else the exception's type and message, and `unknown`."""
    if isinstance(failure, InputError):
        return str(failure)
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some space, then resume; what was recorded so far is kept."
    if isinstance(failure, OSError):
        return f"Reading or writing failed: {failure.strerror} ({failure.filename}). Fix that, then resume."
    return f"{type(failure).__name__}: {failure}. {unknown}".rstrip()
