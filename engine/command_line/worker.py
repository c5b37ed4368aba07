"""`worker`: work on queued jobs until stopped. A store has one worker at a time."""

import argparse
import sys

from engine.command_line.parser import add_field, add_folders
from engine.errors import InputError
from engine.queue.client import WorkerSettings
from engine.queue.worker import work
from engine.queue.worker_log import ENDED
from engine.runs.config import RunConfig


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("worker", help="work on queued jobs", description=__doc__)
    add_field(parser, "--device", RunConfig, "device")
    parser.add_argument("--slots", type=int, metavar="INT", help="number of processes, 1 to 64 (default one per core)")
    parser.add_argument(
        "--idle-exit", type=float, metavar="SECONDS", help="end after this time without work, 0 to 1e6 (default never)"
    )
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.slots is not None and not 1 <= args.slots <= 64:
        raise InputError("--slots from 1 to 64", args.slots, "Leave it out for one process per core.")
    if args.idle_exit is not None and not 0 <= args.idle_exit <= 1e6:
        raise InputError(
            "--idle-exit from 0 to 1e6 seconds", args.idle_exit, "Leave it out to keep the worker running."
        )
    root, data = args.store.resolve(), args.data.resolve()

    def announce() -> None:
        if not args.json:
            print(f"Working on {root}. Press Ctrl-C to stop; unfinished runs can be resumed.", flush=True)

    try:
        work(WorkerSettings(root, data, args.device, args.slots, args.idle_exit), announce)
    except KeyboardInterrupt:
        return 0
    print(ENDED, file=sys.stderr)
    return 0
