"""Who still works on a job: clocks, containers and suspended processes."""

import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from engine.queue.job import Job
from engine.queue.liveness import FOREIGN_AGE, SILENCE, Liveness
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue


@pytest.fixture
def job(queue) -> Job:
    queue.submit("a", "train", "a", {})
    (claimed,) = queue.claim(process_identity(), lambda jobs: jobs)
    return claimed


@pytest.fixture
def child():
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def elsewhere(namespace: str = "1") -> str:
    """Identity of a process of this machine in another container."""
    return f"{process_identity().rpartition('/')[0]}/{namespace}"


@pytest.mark.parametrize("shift", [-7200.0, 7200.0])
@pytest.mark.parametrize("owner", ["worker", "notebook", "container"])
def test_a_clock_change_ends_no_job(queue, job, monkeypatch, shift, owner):
    owner = {"worker": process_identity(), "notebook": f"{process_identity()}/interactive", "container": elsewhere()}[
        owner
    ]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + shift)
    assert Liveness().is_at_work(job, owner)


@pytest.mark.parametrize("shift", [-7200.0, 7200.0])
@pytest.mark.parametrize("owner", ["notebook", "container"])
def test_a_clock_change_keeps_no_job(queue, job, monkeypatch, shift, owner):
    owner = {"notebook": f"{process_identity()}/interactive", "container": elsewhere()}[owner]
    now, clock = time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now + shift)
    monkeypatch.setattr(time, "monotonic", lambda: clock + SILENCE + 1)
    assert not Liveness().is_at_work(job, owner)


def test_an_owner_on_another_machine_is_watched(job, monkeypatch):
    """Its clock may differ from this one's: only a heartbeat that stands still has ended."""
    liveness, owner, clock = Liveness(), "another-boot/1/1/1", time.monotonic()
    skewed = replace(job, heartbeat=time.time() + FOREIGN_AGE / 2)
    assert liveness.is_at_work(skewed, owner)
    monkeypatch.setattr(time, "monotonic", lambda: clock + SILENCE + 2)
    beating = replace(skewed, heartbeat=skewed.heartbeat + 0.25)
    assert liveness.is_at_work(beating, owner), "it has reported meanwhile"
    monkeypatch.setattr(time, "monotonic", lambda: clock + 2 * SILENCE + 4)
    assert not liveness.is_at_work(beating, owner)


def test_a_suspended_notebook_keeps_its_job(job, child, monkeypatch):
    owner = f"{process_identity(child.pid)}/interactive"
    silent = replace(job, beat_clock=time.monotonic() - SILENCE - 1)
    assert not Liveness().is_at_work(silent, owner)
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    assert Liveness().is_at_work(silent, owner), "it would go on with the job when it is continued"


@pytest.mark.parametrize("owner", ["{boot}/{pid}/1/{namespace}", "{boot}/{pid}/{start}/1", "x", "a/b/c"])
def test_no_process_is_signaled_that_is_not_the_owner(job, child, owner, monkeypatch):
    signaled = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signaled.append(pid))
    boot, pid, start, namespace = process_identity(child.pid).split("/")
    owner = owner.format(boot=boot, pid=pid, start=start, namespace=namespace)
    Liveness().is_at_work(replace(job, status="stopping", stop_requested_at=1.0), owner)
    assert signaled == [] and child.poll() is None


def test_a_job_that_is_active_without_an_owner_is_interrupted(queue, job):
    with queue._file.write() as connection:
        connection.execute("UPDATE jobs SET owner = NULL")
    queue.reconcile()
    assert queue.job("a").status == "interrupted"


def test_progress_has_its_own_clock(queue, job, monkeypatch):
    clock = time.monotonic()
    for later, progress in ((10, 0.5), (20, 0.5), (30, 0.6)):
        monkeypatch.setattr(time, "monotonic", lambda later=later: clock + later)
        queue.beat(job.owner, ["a"], progress, "on")
        found = RunQueue(queue.path.parent).job("a")
        assert found.beat_clock == clock + later and found.progress_clock == clock + (10 if later < 30 else 30)
