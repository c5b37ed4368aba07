"""Damaged files of runs, named by `runs --check` and by commands that skip them."""

import sys
from collections.abc import Iterable, Sequence

from engine.command_line.parser import print_json
from engine.documents import problem_of
from engine.measurements.evaluation.read import read_report
from engine.measurements.inspection import run_problems
from engine.measurements.own_images import own_image_problems
from engine.queue.job import ACTIVE
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.studies.sweep_files import sweep_problems


def check_runs(store: RunStore, queue: RunQueue, run_ids: Sequence[str], as_json: bool) -> int:
    """Print the problems of these runs, or of all runs, sweeps and images of users; return 1 if there are any."""
    chosen = list(dict.fromkeys(run_ids)) or store.run_ids()
    jobs = {job.job_id: job for job in queue.jobs(chosen)}
    active = {run_id for run_id in chosen if run_id in jobs and jobs[run_id].status in ACTIVE}
    found = {name: run_problems(store, name, is_active=name in active, from_disk=True) for name in chosen}
    sweeps = [] if run_ids else sweep_problems(store)
    images = [] if run_ids else own_image_problems(store)
    count = sum(map(len, found.values())) + len(sweeps) + len(images)
    if as_json:
        of_runs = {name: each for name, each in found.items() if each}
        print_json({"checked": chosen, "problems": of_runs, "sweeps": sweeps, "images": images})
        return 1 if count else 0
    for run_id, problems in found.items():
        for problem in problems:
            print(f"{run_id}: {problem}")
    for problem in (*sweeps, *images):
        print(problem)
    for run_id in sorted(active):
        print(f"{run_id} is in training: its records were not read.", file=sys.stderr)
    runs = "1 run" if len(chosen) == 1 else f"{len(chosen)} runs"
    print(
        f"{runs} checked: " + (f"{count} damaged files." if count > 1 else "1 damaged file." if count else "all whole.")
    )
    return 1 if count else 0


def name_damage(store: RunStore, run_ids: Iterable[str]) -> None:
    """Print each damaged file of these runs to standard error; nobody writes them."""
    for run_id in run_ids:
        for problem in run_problems(store, run_id):
            print(f"{run_id}: {problem}", file=sys.stderr)


def name_damaged_reports(store: RunStore, run_ids: Iterable[str]) -> None:
    """Print each report of these runs that cannot be read to standard error; the command goes on without it."""
    for run_id in dict.fromkeys(run_ids):
        for path in store.report_paths(run_id):
            if problem := problem_of(read_report, path):
                print(problem, file=sys.stderr)
