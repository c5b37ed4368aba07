"""What the machine is doing: the worker by its process, and the jobs by their status."""

import os
from dataclasses import replace

import psutil

from engine.queue.client import LOCK
from engine.queue.machine import look_at_machine
from engine.queue.process_identity import process_identity
from tests.small_runs import HERE


def test_a_worker_and_its_jobs_are_seen(store, queue):
    for name in "abc":
        queue.submit(name, "train", name, {}, HERE)
    queue.claim(str(process_identity()), lambda jobs: jobs[:1])
    (store.root / LOCK).write_text(str(process_identity()))
    found = look_at_machine(store.root, queue.jobs())
    assert (found.worker, found.running, found.waiting) == (os.getpid(), 1, 2)
    assert 1 <= found.cores <= (psutil.cpu_count() or 1) and 0 < found.memory_used < found.memory_total
    assert found.worker_seconds is not None and f"process {os.getpid()}" in found.words()
    assert found.words().endswith("1 running, 2 waiting")


def test_no_worker_is_said(store):
    found = look_at_machine(store.root, [])
    assert found.worker is None and found.words().endswith("no worker · nothing to do")
    assert "worker on another machine" in replace(found, worker=0).words()
