"""The queue against a dict, over whatever sequence of events Hypothesis thinks of."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engine.errors import InputError
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import AUTOMATIC_RESUMES, RunQueue

ENDS = ("finished", "failed", "stopped", "interrupted", "queued")
WAITING, ENDED = ("queued", "interrupted"), ("stopped", "failed", "interrupted", "finished")
NAMES = st.sampled_from("ab")


class Book:
    """What the queue should hold of one job."""

    def __init__(self) -> None:
        self.status, self.owner, self.attempts, self.progress = "queued", None, 0, 0.0


class QueueMachine(RuleBasedStateMachine):
    """Two workers: this process, which lives, and one that has died without anybody noticing yet."""

    owners = Bundle("owners")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.queue = RunQueue(Path(self.folder.name))
        self.book: dict[str, Book] = {}
        self.line: list[str] = []

    @initialize(target=owners)
    def alive(self) -> str:
        return process_identity()

    @initialize(target=owners)
    def has_died(self) -> str:
        return DEAD

    @initialize()
    def begin(self) -> None:
        for name in "ab":
            self.submit(name)

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(name=NAMES)
    def submit(self, name: str) -> None:
        assert self.queue.submit(name, "train", name, {}) == (name not in self.book)
        if name not in self.book:
            self.book[name] = Book()
            self.line.append(name)

    @rule(owner=owners, count=st.integers(0, 2))
    def claim(self, owner: str, count: int) -> None:
        waiting = [name for name in self.line if self.book[name].status in WAITING]
        claimed = self.queue.claim(owner, lambda jobs: jobs[:count])
        assert [job.job_id for job in claimed] == waiting[:count]
        for name in waiting[:count]:
            job = self.book[name]
            job.status, job.owner, job.progress = "running", owner, 0.0

    @rule(owner=owners, name=NAMES)
    def take(self, owner: str, name: str) -> None:
        job = self.book.get(name)
        other = self.queue.take(owner, name, "train", name, {})
        assert (other is None) == (job is None or job.owner is None)
        if other is not None:
            assert other.owner == job.owner
            return
        self.book[name] = job = Book()
        job.status, job.owner = "running", owner
        if name in self.line:
            self.line.remove(name)
        self.line.append(name)

    @rule(owner=owners, progress=st.floats(0, 1))
    def beat(self, owner: str, progress: float) -> None:
        own = {name: job for name, job in self.book.items() if job.owner == owner}
        wanted = self.queue.beat(owner, list("ab"), progress, "on")
        assert wanted == {name for name, job in own.items() if job.status == "running"}
        for job in own.values():
            job.progress = progress

    @rule(owner=owners, name=NAMES, end=st.sampled_from(ENDS))
    def release(self, owner: str, name: str, end: str) -> None:
        job = self.book.get(name)
        own = job is not None and job.owner == owner
        assert self.queue.release(owner, name, end) == own
        if own:
            job.status, job.owner = end, None
            job.progress = 1.0 if end == "finished" else job.progress

    @rule()
    def die(self) -> None:
        """All that waits is taken by the worker that then dies."""
        self.claim(DEAD, 2)
        self.reconcile()

    @rule(count=st.integers(1, 2), end=st.sampled_from(ENDS), again=st.booleans())
    def work(self, count: int, end: str, again: bool) -> None:
        """All the way, by the worker that lives, and perhaps once more."""
        me = process_identity()
        self.claim(me, count)
        for name in [name for name, job in self.book.items() if job.owner == me]:
            self.release(me, name, end)
            if again:
                self.resume(name)

    @rule(name=NAMES)
    def stop(self, name: str) -> None:
        job = self.book.get(name)
        possible = job is not None and job.status in (*WAITING, "running")
        assert self.queue.request_stop(name) == possible
        if possible:
            job.status = "stopping" if job.status == "running" else "stopped"

    @rule(name=NAMES)
    def resume(self, name: str) -> None:
        job = self.book.get(name)
        possible = job is not None and job.status in ENDED
        assert self.queue.resume(name) == possible
        if possible:
            job.status, job.attempts, job.progress = "queued", 0, 0.0
            self.line.remove(name)
            self.line.append(name)

    @rule()
    def reconcile(self) -> None:
        self.queue.reconcile()
        for job in self.book.values():
            if job.owner != DEAD:
                continue
            if job.status == "stopping":
                job.status = "stopped"
            elif job.attempts >= AUTOMATIC_RESUMES:
                job.status = "failed"
            else:
                job.status, job.attempts = "interrupted", job.attempts + 1
            job.owner = None

    @rule(name=NAMES, again=st.booleans())
    def delete(self, name: str, again: bool) -> None:
        job = self.book.get(name)
        try:
            self.queue.delete_run(name)
        except InputError:
            assert job.owner is not None
        else:
            assert job is None or job.owner is None
            if self.book.pop(name, None):
                self.line.remove(name)
        if again:
            self.submit(name)

    @invariant()
    def rows_are_as_in_the_book(self) -> None:
        rows = {job.job_id: (job.status, job.owner, job.attempts, job.progress) for job in self.queue.jobs()}
        assert rows == {name: (j.status, j.owner, j.attempts, j.progress) for name, j in self.book.items()}


def ended_process() -> str:
    child = subprocess.Popen(["sleep", "60"])
    identity = process_identity(child.pid)
    child.kill()
    child.wait()
    return identity


DEAD = ended_process()


@pytest.mark.parametrize("examples", [20, pytest.param(80, marks=pytest.mark.slow)])
def test_the_queue_is_as_the_book_says(examples):
    run_state_machine_as_test(
        QueueMachine, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None)
    )
