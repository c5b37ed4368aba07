"""Error messages of failed jobs."""

import errno

from engine.errors import InputError, disk_words


def failure_sentence(failure: BaseException, unknown: str = "") -> str:
    """Reason of a failure, with a remedy if it is known; else the exception's type and message, and `unknown`."""
    if isinstance(failure, InputError):
        return str(failure)
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some space, then resume; what was recorded so far is kept."
    if isinstance(failure, OSError):
        return f"Reading or writing failed: {disk_words(failure)}. Check the disk, then resume."
    return f"{type(failure).__name__}: {failure}. {unknown}".rstrip()
