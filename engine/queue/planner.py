"""Choice of the runs that train as one stack.

On a CPU, stacks of one model are fastest, with one single-threaded process per core. On a GPU, all runs that can
share a program do: place, data, architecture, schedule, attack and position are equal; seeds and strengths may differ.
"""

from collections.abc import Callable
from pathlib import Path

from engine.errors import InputError
from engine.queue.job import Job, Place
from engine.runs.store import RunStore

MOST_MEMBERS = 64


def build_chooser(
    store: RunStore, place_of: Callable[[Job], Place], position: Callable[[Path], object]
) -> Callable[[list[Job]], list[Job]]:
    """Build a function that picks, from all waiting jobs, those to run next as one stack.

    Args:
        place_of: returns the folder of a job's data and its device, "cpu" or "cuda".
        position: returns the position of a run's checkpoint, which must be equal for all members.
    """

    def key(job: Job) -> object:
        try:
            config = store.training_config(job.run_id)
            return place_of(job), config.stack_key, position(store.folder(job.run_id))
        except (InputError, OSError):
            return job.job_id  # a damaged run is alone, so that it fails with its own message

    def choose(waiting: list[Job]) -> list[Job]:
        if not waiting or waiting[0].kind != "train" or place_of(waiting[0]).device == "cpu":
            return waiting[:1]
        first = key(waiting[0])
        return [job for job in waiting if job.kind == "train" and key(job) == first][:MOST_MEMBERS]

    return choose
