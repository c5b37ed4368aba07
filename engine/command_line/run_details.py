"""`runs --where`, `--diff` and `--log`: the runs that meet conditions, two configurations, and logs."""

import argparse
from collections.abc import Sequence

from engine.command_line.parser import print_json
from engine.errors import InputError
from engine.measurements.evaluation.read import read_reports
from engine.queue.overview import RunOverview, read_overview
from engine.queue.run_filter import Term, fields_of, matches
from engine.queue.run_log import log_lines
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.queue.run_row import decisive_report, run_row
from engine.runs.config_difference import config_difference
from engine.runs.store import RunStore


def find_runs(store: RunStore, runs: Sequence[RunOverview], terms: Sequence[Term], archived: bool) -> list[RunOverview]:
    """The runs that meet all conditions, pinned ones first; archived ones if asked for, here or by a condition.

    Reports are read only if a condition needs the worst case.
    """
    fields = fields_of(terms)
    listed = [run for run in runs if archived or "archived" in fields or not run.labels.archived]

    def is_found(run: RunOverview) -> bool:
        reports = read_reports(store, run.run_id).values() if "worst" in fields else ()
        return matches(terms, run_row(run, decisive_report(run, reports)))

    return sorted(filter(is_found, listed), key=lambda run: not run.labels.pinned)


def show_difference(args: argparse.Namespace, store: RunStore) -> int:
    """Print the settings in which two runs differ."""
    if len(args.run_ids) != 2:
        raise InputError("two runs to compare", f"{len(args.run_ids)}", "Name two: runs RUN_ID RUN_ID --diff.")
    found = config_difference(*map(store.config, args.run_ids))
    if args.json:
        print_json({"runs": args.run_ids, "differences": [each._asdict() for each in found]})
        return 0
    for setting, first, second in found:
        print(f"{setting:28} {first:>24}  {second:>24}")
    if not found:
        print("The two configurations are the same.")
    return 0


def show_log(args: argparse.Namespace, store: RunStore, queue: RunQueue) -> int:
    """Print the logs of the named runs."""
    if not args.run_ids:
        raise InputError("the id of a run", "none", "Add it: runs RUN_ID --log.")
    jobs = readable_jobs(queue)[0]
    trainings = {job.job_id: job for job in jobs}
    runs = [read_overview(store, run_id, trainings.get(run_id)) for run_id in dict.fromkeys(args.run_ids)]
    logs = {run.run_id: log_lines(store.root, run, jobs) for run in runs}
    if args.json:
        print_json({"logs": logs})
        return 0
    for run_id, lines in logs.items():
        print(run_id)
        for line in lines:
            print(f"  {line}")
    return 0
