"""Runs -> stacks -> devices and processes.

On a CPU a model alone is the fastest stack, one single-threaded process per core. On a GPU everything that can
share a program does: same data, architecture, schedule, attack and position; seeds and strengths may differ.
"""

from collections.abc import Callable
from pathlib import Path

from engine.errors import InputError
from engine.queue.job import Job
from engine.runs.store import RunStore

MOST_MEMBERS = 64


def build_chooser(store: RunStore, device: str, position: Callable[[Path], object]) -> Callable[[list[Job]], list[Job]]:
    """A function that picks, from all waiting jobs, the ones to do next as one stack.

    Args:
        position: where a run's checkpoint stands; members must agree on it.
    """

    def key(job: Job) -> object:
        try:
            return store.training_config(job.run_id).stack_key, position(store.folder(job.run_id))
        except InputError:
            return job.job_id  # damaged: alone, to fail with its own message

    def choose(waiting: list[Job]) -> list[Job]:
        if not waiting or device == "cpu" or waiting[0].kind != "train":
            return waiting[:1]
        first = key(waiting[0])
        return [job for job in waiting if job.kind == "train" and key(job) == first][:MOST_MEMBERS]

    return choose
