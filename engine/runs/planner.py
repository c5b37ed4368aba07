"""Runs -> stacks -> devices and processes.

On a CPU a model alone is the fastest stack, one single-threaded process per core. On a GPU everything that can
share a program does: same data, architecture, schedule, attack and position; seeds and strengths may differ.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.errors import InputError
from engine.runs.config import RunConfig
from engine.runs.job import Job
from engine.runs.store import RunStore

MOST_MEMBERS = 64


def resolve_device(requested: str) -> str:
    """What a request for auto, cpu or cuda means, "cpu" or "cuda"; torch is asked only where there is a GPU driver.

    Raises:
        InputError: cuda was asked for and there is none.
    """
    if requested == "cpu":
        return "cpu"
    if Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi"):
        import torch

        if torch.cuda.is_available():
            return "cuda"
    if requested == "cuda":
        raise InputError("a CUDA device", "none that torch can use", "Choose --device cpu, or auto.")
    return "cpu"


def slot_count(device: str) -> int:
    """Worker processes side by side: one per core on a CPU, one on a GPU."""
    return 1 if device == "cuda" else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


def stack_key(config: RunConfig) -> str:
    """Equal for runs that can be members of one stack."""
    return config.model_copy(update={"seed": 0, "objective": RunConfig().objective}).model_dump_json()


def build_chooser(store: RunStore, device: str, position: Callable[[Path], object]) -> Callable[[list[Job]], list[Job]]:
    """A function that picks, from all waiting jobs, the ones to do next as one stack.

    Args:
        position: where a run's checkpoint stands; members must agree on it.
    """

    def key(job: Job) -> object:
        try:
            return stack_key(store.training_config(job.run_id)), position(store.folder(job.run_id))
        except InputError:
            return job.job_id  # damaged: alone, to fail with its own message

    def choose(waiting: list[Job]) -> list[Job]:
        if not waiting or device == "cpu" or waiting[0].kind != "train":
            return waiting[:1]
        first = key(waiting[0])
        return [job for job in waiting if job.kind == "train" and key(job) == first][:MOST_MEMBERS]

    return choose
