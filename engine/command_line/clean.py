"""`clean`: remove deleted runs, the cache of adversarial images, and what killed processes left behind."""

import argparse

from engine.command_line.parser import add_folders, open_store, print_json
from engine.formatting import byte_words
from engine.queue.litter import find_litter
from engine.queue.run_queue import RunQueue


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("clean", help="free disk space", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="only print what would be removed")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    litter = find_litter(store, RunQueue(store.root), args.data.resolve())
    if not args.dry_run:
        for kind in litter:
            kind.remove()
    freed = sum(kind.size for kind in litter)
    if args.json:
        kinds = [{"name": kind.name, "count": kind.count, "bytes": kind.size} for kind in litter]
        print_json({"removed": not args.dry_run, "bytes": freed, "litter": kinds})
        return 0
    for kind in litter:
        print(f"{kind.count:8,} {kind.name:34} {byte_words(kind.size):>9}")
    print(f"{'This would free' if args.dry_run else 'Freed'} {byte_words(freed)}. Runs and results are kept.")
    return 0
