"""Work in a process of its own, which is killed between two steps."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

STEPS = {
    *("open", "write", "flush", "fsync", "close", "truncate", "replace", "rename", "unlink", "remove", "rmdir"),
    *("mkdir", "flock", "execute", "connect", "link", "symlink", "sendfile", "scandir", "utime"),
}
"""Functions of Python and of the system before and after which a kill can make a difference."""


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    code: exit status, or the number of the signal that killed it, negative.
    said: standard output and standard error.
    steps: steps that it made; 0 if it was killed.
    """

    code: int
    said: str
    steps: int

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


def in_child(work: Callable[[], object], log: Path, kill_at: int | None = None) -> Ending:
    """Do the work in a copy of this process, which is killed at step `kill_at`; AssertionError if the work fails.

    Standard output and standard error go to `log`.
    """
    pid = started(work, log, kill_at)
    _, status = os.waitpid(pid, 0)
    code, said = os.waitstatus_to_exitcode(status), log.read_text(errors="replace")
    counted = log.with_suffix(".steps")
    ending = Ending(code, said, int(counted.read_text()) if counted.exists() else 0)
    counted.unlink(missing_ok=True)
    assert ending.killed or ending.code == 0, said[-2000:]
    assert "Traceback" not in said, said[-2000:]
    return ending


def started(work: Callable[[], object], log: Path, kill_at: int | None = None) -> int:
    """Id of a process that does the work, in a session of its own."""
    pid = os.fork()
    if pid == 0:
        _become_child(work, log, kill_at)
    return pid


def _become_child(work: Callable[[], object], log: Path, kill_at: int | None) -> NoReturn:
    code = 1
    try:
        os.setsid()
        sys.stdout = sys.stderr = output = log.open("w", buffering=1)
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        count = _count_steps(kill_at)
        result = work()
        sys.setprofile(None)
        log.with_suffix(".steps").write_text(str(count[0]))
        code = result if isinstance(result, int) else 0
    except BaseException:
        sys.setprofile(None)
        traceback.print_exc()
    finally:
        os._exit(code)


def _count_steps(kill_at: int | None) -> list[int]:
    """Count this thread's steps from now on, in the list's one entry, and kill the process at one of them."""
    count = [0]

    def watch(frame, event, function) -> None:
        if event in ("c_call", "c_return") and function.__name__ in STEPS:
            count[0] += 1
            if count[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    return count
