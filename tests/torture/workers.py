"""Workers of a campaign: real ones, but that their processes are forked, which saves loading torch, and save often."""

import contextlib
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from engine.errors import InputError
from engine.queue import worker
from engine.queue.client import LOCK, WorkerSettings, worker_identity
from engine.queue.process_identity import is_alive, pid_of
from engine.queue.run_queue import RunQueue
from engine.queue.speed import rate_key, unmeasured
from engine.queue.submission import submit_runs
from engine.runs import experiment
from engine.runs.config import RunConfig
from engine.runs.records import METRICS
from tests.torture.bench import Bench, Laboratory, wait_until
from tests.torture.child import started
from tests.torture.contents import assert_same, assert_whole, contents
from tests.torture.stores import train

ENDED = ("finished", "failed", "stopped")
BUSY_TIMEOUT = 0.3
"""Seconds that the processes wait for a locked queue before they call it a problem; 10 s in earnest."""


@dataclass(frozen=True)
class Workshop:
    """A laboratory with a worker."""

    bench: Bench
    laboratory: Laboratory
    processes: int = 2
    before: Callable[[], object] = lambda: None

    @property
    def log(self) -> str:
        return (self.bench.folder / "worker.txt").read_text(errors="replace")

    def start(self) -> int:
        """Start a worker and return its process id once it holds the lock."""
        settings = WorkerSettings(self.laboratory.root, self.laboratory.data, "cpu", self.processes, idle_exit=60.0)

        self._pretend_speeds()
        pid = started(lambda: _work(settings, self.before), self.bench.folder / "worker.txt")
        wait_until(lambda: worker_identity(self.laboratory.root) or _has_ended(pid), "the worker")
        assert worker_identity(self.laboratory.root), self.log[-2000:]
        return pid

    def _pretend_speeds(self) -> None:
        """Record speeds, so that no idle process measures them."""
        with contextlib.suppress(InputError):
            for network in unmeasured("cpu", self.laboratory.queue.rates()):
                self.laboratory.queue.record_rate(rate_key("cpu", network), 1_000.0)

    def launch(self, configs: Sequence[RunConfig]) -> list[str]:
        """Queue the training of runs."""
        return submit_runs(self.laboratory.store, self.laboratory.queue, configs, self.laboratory.place)

    def status(self, job_id: str) -> str:
        """Status of a job; "unknown" while the queue does not answer."""
        with contextlib.suppress(sqlite3.Error, ValueError):
            job = self.laboratory.queue.job(job_id)
            return job.status if job else "unknown"
        return "unknown"

    def until_recorded(self, run_id: str, snapshots: int) -> None:
        """Wait until a run has this many lines of metrics, or has ended."""
        path = self.laboratory.root / run_id / METRICS

        def is_recorded() -> bool:
            lines = path.read_bytes().count(b"\n") if path.exists() else 0
            return lines >= snapshots or self.status(run_id) in ENDED

        wait_until(is_recorded, f"{snapshots} snapshots of {run_id}")

    def until_finished(self, job_ids: Sequence[str]) -> None:
        """Wait until these jobs have ended, and raise AssertionError unless all have finished."""
        wait_until(lambda: all(self.status(job_id) in ENDED for job_id in job_ids), "the end", self._told)
        found = [self.laboratory.queue.job(job_id) for job_id in job_ids]
        wrong = [(job.job_id, job.status, job.error) for job in found if job and job.status != "finished"]
        assert not wrong, wrong

    def has_no_open_row(self, job_id: str) -> bool:
        """Whether a job has finished, or has no row."""
        job = self.laboratory.queue.job(job_id)
        return job is None or job.status == "finished"

    def _told(self) -> str:
        results = [path.parent.name for path in self.laboratory.root.glob("*/result.json")]
        return f"{self.laboratory.queue.jobs()}, results of {results}, {self.log}"

    def kill_owner(self, job_id: str) -> bool:
        """SIGKILL to the process that works on a job; False if none does."""
        job = self.laboratory.queue.job(job_id)
        if job is None or job.owner is None or not is_alive(job.owner):
            return False
        os.kill(pid_of(job.owner), signal.SIGKILL)
        return True

    def end(self) -> None:
        """End the worker and its processes."""
        identity = worker_identity(self.laboratory.root)
        if identity:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid_of(identity), signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid_of(identity), 0)


@contextlib.contextmanager
def workshop(
    bench: Bench,
    laboratory: Laboratory,
    processes: int = 2,
    before: Callable[[], object] = lambda: None,
    may_fail: bool = False,
) -> Iterator[Workshop]:
    """A laboratory whose worker has started, and is ended afterwards.

    Args:
        before: called first in the worker.
        may_fail: whether jobs may fail, whose tracebacks are then in the log.
    """
    made = Workshop(bench, laboratory, processes, before)
    made.start()
    try:
        yield made
    finally:
        made.end()
    assert may_fail or "Traceback" not in made.log, made.log[-2000:]


def _work(settings: WorkerSettings, before: Callable[[], object]) -> None:
    """Work as `worker.work` does, in a process that ends with it.

    Args:
        before: called in that process first, to change its world.
    """
    context, begin = multiprocessing.get_context("fork"), worker.begin

    def begin_without_lock(*arguments: object) -> None:
        for name in os.listdir("/proc/self/fd"):  # a forked process inherits the lock, a spawned one does not
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/self/fd/{name}").endswith(LOCK):
                    os.close(int(name))
        begin(*arguments)

    worker.multiprocessing = SimpleNamespace(get_context=lambda name: context)  # pyright: ignore
    worker.begin = begin_without_lock
    experiment.CHECKPOINT_INTERVAL, worker.RESTART_PAUSE = 0.1, 0.05
    RunQueue.__init__.__defaults__ = (False, BUSY_TIMEOUT)
    before()
    worker.work(settings)


def _has_ended(pid: int) -> bool:
    found, _ = os.waitpid(pid, os.WNOHANG)
    return found == pid


def trained_apart(bench: Bench, configs: Sequence[RunConfig]) -> dict:
    """Contents of a store in which these runs were trained without any disturbance."""
    name = "apart " + " ".join(config.run_id for config in configs)
    return contents(bench.made(name, lambda laboratory: [train(laboratory, one) for one in configs]).root)


def assert_as_apart(laboratory: Laboratory, expected: dict) -> None:
    """Raise unless the runs are whole, with the bits of an undisturbed training."""
    assert_whole(laboratory)
    assert_same(contents(laboratory.root), expected)
