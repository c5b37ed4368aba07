"""Waiting for a study, with one progress bar for all its training and attacks."""

import sys
import time

from tqdm import tqdm

from engine.command_line.attendant import Attendant
from engine.devices import resolve_device
from engine.formatting import duration
from engine.queue.client import WorkerSettings
from engine.queue.job import ACTIVE, WAITING
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.runs.store import RunStore
from engine.studies.study import Study, StudyProgress, study_jobs, study_progress

POLL_INTERVAL = 1.0


def wait_for_study(
    store: RunStore,
    queue: RunQueue,
    study: Study,
    settings: WorkerSettings,
    wait: bool = True,
    quiet: bool = False,
) -> StudyProgress:
    """Keep a worker alive while jobs of the study wait, and return its progress once none waits or runs.

    Ctrl-C ends the waiting, not the study.

    Args:
        wait: False returns the current progress after starting a worker.
        quiet: True hides the progress bar.
    """
    device = resolve_device(settings.device)
    processes = settings.processes_on(device)
    known = {run.run_id: run for run in list_runs(store, queue)[0]}
    attendant = Attendant(queue, settings)
    disable = quiet or not wait or not sys.stderr.isatty()
    with tqdm(total=1.0, disable=disable, bar_format="{l_bar}{bar}| {elapsed}{postfix}") as bar:
        while True:
            progress = study_progress(store, queue, study, list(known.values()))
            open_ids = [job_id for step in progress.steps if not step.is_over for job_id in study_jobs(study, step)]
            attendant.attend([job for job in readable_jobs(queue, open_ids)[0] if job.status in WAITING + ACTIVE])
            bar.n = progress.fraction
            bar.set_postfix_str(
                progress_words(progress, progress.seconds_left(queue.rates(), processes, device)), False
            )
            bar.refresh()
            if not progress.is_busy or not wait:
                return progress
            time.sleep(POLL_INTERVAL)
            at_work = [step.run_id for step in progress.steps if step.status != "finished"]
            known |= {run.run_id: run for run in list_runs(store, queue, at_work)[0]}


def progress_words(progress: StudyProgress, seconds: float | None) -> str:
    """Number of finished and failed runs, and the remaining time if it is known, as text."""
    words = [f"{progress.count('finished')} of {len(progress.steps)} runs done"]
    if failed := progress.count("failed"):
        words.append(f"{failed} failed")
    if seconds is not None and progress.is_busy:
        words.append(f"about {duration(seconds)} left")
    return ", ".join(words)
