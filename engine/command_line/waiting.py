"""Waiting for jobs, with a progress bar if the output is a terminal."""

import argparse
import sys
import time
from collections.abc import Sequence

from tqdm import tqdm

from engine.command_line.attendant import Attendant
from engine.queue.client import WorkerSettings
from engine.queue.job import ACTIVE, WAITING, Place
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore

POLL_INTERVAL = 0.2


def worker_of(args: argparse.Namespace, store: RunStore) -> WorkerSettings:
    """Settings of the worker that a command starts if none is alive."""
    return WorkerSettings(store.root, args.data.resolve(), idle_exit=30.0)


def place_of(args: argparse.Namespace) -> Place:
    """Place of the jobs that a command submits: the options --data and, if it has one, --device."""
    return Place(args.data.resolve(), getattr(args, "device", "auto"))


def wait_for_jobs(
    queue: RunQueue, job_ids: Sequence[str], settings: WorkerSettings, wait: bool = True, quiet: bool = False
) -> None:
    """Keep a worker alive while jobs wait, and return once none of them is waiting or running.

    Ctrl-C ends the waiting, not the jobs.

    Raises:
        WorkerFailed: no worker can start.
    """
    attendant = Attendant(queue, settings)
    disable = quiet or not wait or not sys.stderr.isatty()
    with tqdm(total=1.0, disable=disable, bar_format="{l_bar}{bar}| {elapsed} < {remaining} {postfix}") as bar:
        while True:
            jobs = attendant.jobs(job_ids)
            open_jobs = [job for job in jobs if job.status in WAITING + ACTIVE]
            attendant.attend(open_jobs)
            done = sum(job.progress if job in open_jobs else 1.0 for job in jobs)
            bar.n = done / len(jobs) if jobs else 1.0
            bar.set_postfix_str(next((job.message for job in open_jobs if job.message), ""), refresh=False)
            bar.refresh()
            if not open_jobs or not wait:
                return
            time.sleep(POLL_INTERVAL)
