"""The worker's log, `worker.log` in the store: bounded in size, with a line for the start of each worker. No torch."""

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

LOG, OLDER_LOG = "worker.log", "worker.log.1"
LONGEST_LOG = 1_000_000
STARTED, ENDED = "worker started:", "worker ended"
TAIL = 20_000


@dataclass(frozen=True)
class LastStart:
    """The newest start of a worker in the background.

    identity: identity of its process.
    last_line: the last line that it wrote; empty if there is none.
    changed_at: time of that line, in seconds since 1970.
    """

    identity: str
    last_line: str
    changed_at: float

    @property
    def has_ended_well(self) -> bool:
        """Whether it said goodbye, after it had nothing left to do."""
        return self.last_line == ENDED


def rotate(root: Path) -> None:
    """Move a long log to `worker.log.1`, replacing the older one. Processes that append to the log go on with it."""
    log = root / LOG
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        shutil.copyfile(log, root / OLDER_LOG)
        os.truncate(log, 0)


def rotate_own(root: Path) -> None:
    """`rotate`, if this process writes to the log."""
    try:
        if os.path.samestat(os.fstat(sys.stderr.fileno()), (root / LOG).stat()):
            rotate(root)
    except (OSError, ValueError):
        return  # it writes elsewhere, or the disk is full; the next call tries again


def note_start(root: Path, identity: str) -> None:
    """Append the line of a start."""
    with (root / LOG).open("a") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {STARTED} {identity}\n")


def read_last_start(root: Path) -> LastStart | None:
    """The newest start in the log; None without one, or if the log cannot be read."""
    try:
        with (root / LOG).open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL))
            text = log.read().decode(errors="replace")
        changed_at = (root / LOG).stat().st_mtime
    except OSError:
        return None
    before, found, after = text.rpartition(f" {STARTED} ")
    if not found:
        return None
    identity, *lines = after.splitlines()
    written = [line.strip() for line in lines if line.strip()]
    return LastStart(identity.strip(), written[-1] if written else "", changed_at)
