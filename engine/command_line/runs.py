"""`runs`: list, stop, resume or delete runs."""

import argparse
import sys

from engine.command_line.parser import add_folders, open_store, print_json
from engine.command_line.waiting import place_of, worker_of
from engine.errors import InputError
from engine.formatting import percent
from engine.minmax.quantities import QUANTITIES
from engine.queue.client import start_worker
from engine.queue.overview import RunProblem, list_runs, read_overview
from engine.queue.run_queue import RunQueue
from engine.queue.submission import delete_run, retry_run


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("runs", help="list runs", description=__doc__)
    parser.add_argument(
        "run_ids", nargs="*", metavar="RUN_ID", help="runs to list, stop, resume or delete (default: list all)"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--stop", action="store_true", help="stop these runs; they can be resumed")
    action.add_argument("--resume", action="store_true", help="resume these runs from their checkpoints")
    action.add_argument("--delete", action="store_true", help="delete these runs permanently")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    queue.reconcile()
    acting = args.stop or args.resume or args.delete
    if acting and not args.run_ids:
        raise InputError("the ids of runs", "none", "Add them: python -m engine runs RUN_ID ... --stop.")
    for run_id in args.run_ids:
        store.folder(run_id)
    for run_id in args.run_ids:
        if args.stop:
            queue.request_stop(run_id)
        elif args.resume:
            retry_run(store, queue, run_id, place_of(args))
        elif args.delete:
            delete_run(store, queue, run_id)
    if args.resume:
        start_worker(worker_of(args, store))
    problems: list[RunProblem] = []
    if args.run_ids and not args.delete:
        overviews = [read_overview(store, run_id, queue.job(run_id)) for run_id in args.run_ids]
    else:
        overviews, problems = list_runs(store, queue)
    documents = [overview.document() for overview in overviews]
    if args.json:
        print_json({"runs": documents, "problems": [problem.sentence for problem in problems]})
        return 0
    for problem in problems:
        print(problem.sentence, file=sys.stderr)
    for overview, document in zip(overviews, documents, strict=True):
        print(
            f"{document['run_id']:44} {document['status']:12} {document['label']:36}"
            f" clean {percent(document['clean_accuracy']):>7}"
            f"  fuzziness {QUANTITIES['fuzziness'].words(overview.quantity('fuzziness'))}"
        )
        if document["error"]:
            print(f"  {document['error']}")
    if not documents:
        print("No runs yet. Start with `python -m engine launch --wait`.")
    return 0
