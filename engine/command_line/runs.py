"""`runs`: list, find, compare, stop, resume, delete or restore runs."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from engine.command_line.inspection import check_runs
from engine.command_line.label import label_words
from engine.command_line.parser import add_folders, open_store, print_json
from engine.command_line.run_details import find_runs, show_difference, show_log
from engine.command_line.waiting import place_of, worker_of
from engine.errors import InputError
from engine.formatting import duration, percent
from engine.minmax.quantities import QUANTITIES
from engine.queue.client import start_worker
from engine.queue.deletion import delete_runs, restore_run
from engine.queue.job import ACTIVE, WAITING, Job
from engine.queue.overview import RunProblem, list_runs, read_overview
from engine.queue.problem import QueueProblem
from engine.queue.run_filter import FIELDS, parse_filter
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.queue.submission import retry_run
from engine.queue.worker_state import WorkerState, worker_state
from engine.runs.folder_options import folder_options
from engine.runs.store import RunStore
from engine.runs.trash import DAYS_KEPT


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("runs", help="list runs", description=__doc__)
    parser.add_argument(
        "run_ids", nargs="*", metavar="RUN_ID", help="runs to list, stop, resume, delete or restore (default: list all)"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--stop", action="store_true", help="stop these runs; they can be resumed")
    action.add_argument("--resume", action="store_true", help="resume these runs from their checkpoints")
    action.add_argument(
        "--delete", action="store_true", help=f"delete these runs; they can be restored for {DAYS_KEPT} days"
    )
    action.add_argument("--restore", action="store_true", help="restore these deleted runs")
    action.add_argument("--deleted", action="store_true", help="list deleted runs")
    action.add_argument("--diff", action="store_true", help="settings in which these two runs differ")
    action.add_argument("--log", action="store_true", help="log of these runs")
    action.add_argument("--check", action="store_true", help="read all files of these runs, or of all runs, again")
    parser.add_argument(
        "--where",
        default="",
        metavar="FILTER",
        help=f"list the runs that meet all conditions, such as 'λ = 0.03 seed >= 2 tag = paper'; "
        f"fields: {', '.join(FIELDS)}; other words are looked for in names, tags and notes",
    )
    parser.add_argument("--archived", action="store_true", help="list archived runs too")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store, terms = open_store(args.store), parse_filter(args.where)
    queue = RunQueue(store.root)
    if args.diff or args.log:
        return show_difference(args, store) if args.diff else show_log(args, store, queue)
    if args.deleted:
        return list_deleted(store, args.json)
    _reconcile(queue)
    if args.check:
        for run_id in args.run_ids:
            store.folder(run_id)
        return check_runs(store, queue, args.run_ids, args.json)
    if args.stop or args.resume or args.delete or args.restore:
        act(args, store, queue)
    if args.delete and not args.json:
        return 0
    jobs, problem = readable_jobs(queue)
    state = worker_state(store.root, [job for job in jobs if job.status in WAITING + ACTIVE])
    notes = [note for note in (problem, state.sentence if _is_news(state, jobs) else "") if note]
    problems: list[RunProblem] = []
    if args.run_ids and not args.delete:
        trainings = {job.job_id: job for job in jobs}
        overviews = [read_overview(store, run_id, trainings.get(run_id)) for run_id in args.run_ids]
    else:
        overviews, problems = list_runs(store, queue)
        overviews = find_runs(store, overviews, terms, args.archived)
    documents = [overview.document() for overview in overviews]
    if args.json:
        print_json({"runs": documents, "problems": [*notes, *(each.sentence for each in problems)]})
        return 0
    for sentence in (*notes, *(each.sentence for each in problems)):
        print(sentence, file=sys.stderr)
    for overview, document in zip(overviews, documents, strict=True):
        print(
            f"{document['run_id']:44} {document['status']:12} {overview.label:36}"
            f" clean {percent(document['clean_accuracy']):>7}"
            f"  fuzziness {QUANTITIES['fuzziness'].words(overview.quantity('fuzziness'))}"
            f"{label_words(overview.labels)}"
        )
        if document["error"]:
            print(f"  {document['error']}")
    if not documents and (terms or store.run_ids()):
        print("No run meets these conditions." if terms else "All runs are archived; list them with --archived.")
    elif not documents:
        print(f"No runs yet. Start with `python -m engine launch --wait{folder_options(store.root)}`.")
    return 0


def act(args: argparse.Namespace, store: RunStore, queue: RunQueue) -> None:
    """Stop, resume, delete or restore all named runs; nothing is done if one of them does not exist."""
    if not args.run_ids:
        raise InputError("the ids of runs", "none", "Add them: python -m engine runs RUN_ID ... --stop.")
    if args.delete:
        for entry in delete_runs(store, queue, args.run_ids):
            if not args.json:
                undo = f"python -m engine runs {entry.run_id} --restore{folder_options(store.root)}"
                print(f"Deleted {entry.run_id}. Restore it with: {undo}")
        return
    if args.restore:
        for entry in [store.trash.last_deleted(run_id) for run_id in dict.fromkeys(args.run_ids)]:
            restore_run(store, queue, entry)
        return
    for run_id in args.run_ids:
        store.folder(run_id)
    for run_id in args.run_ids:
        if args.stop:
            queue.request_stop(run_id)
        else:
            retry_run(store, queue, run_id, place_of(args))
    if args.resume:
        start_worker(worker_of(args, store))


def list_deleted(store: RunStore, as_json: bool) -> int:
    """Print the runs in the trash, the last deleted first."""
    entries = store.trash.entries()
    if as_json:
        print_json({"deleted": [{"run_id": entry.run_id, "deleted_at": entry.deleted_at} for entry in entries]})
        return 0
    for entry in entries:
        ago = duration(max(0.0, time.time() - entry.deleted_at))
        print(f"{entry.run_id:44} deleted {ago} ago")
    if not entries:
        print("No deleted runs.")
    return 0


def _reconcile(queue: RunQueue) -> None:
    """Release the jobs of dead processes, if the queue can be used; runs are listed in any case."""
    with suppress(QueueProblem):
        queue.reconcile()


def _is_news(state: WorkerState, jobs: Sequence[Job]) -> bool:
    """Whether the state of the worker matters: the end of the last one does only while jobs wait."""
    return state.status != "failed" or any(job.status in WAITING for job in jobs)
