"""`label`: name, note, tags, pin and archive of runs."""

import argparse

from engine.command_line.parser import add_folders, open_store, print_json
from engine.errors import InputError
from engine.queue.overview import read_overview
from engine.runs.labels import LabelChange, RunLabels


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "label", help="name, tag, pin or archive runs", description=__doc__
    )
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="runs, recorded ones included")
    parser.add_argument("--name", help='name in lists and charts, for one run; "" removes it')
    parser.add_argument("--note", help='note about the runs; "" removes it')
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="tag to add; repeatable")
    parser.add_argument("--untag", action="append", default=[], metavar="TAG", help="tag to remove; repeatable")
    for name, words in (("pin", "first in lists"), ("archive", "left out of lists")):
        pair = parser.add_mutually_exclusive_group()
        pair.add_argument(f"--{name}", action="store_true", default=None, help=words)
        pair.add_argument(f"--un{name}", dest=name, action="store_false", help=f"no longer {words}")
    add_folders(parser, data=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store, run_ids = open_store(args.store), list(dict.fromkeys(args.run_ids))
    change = LabelChange(args.name, args.note, tuple(args.tag), tuple(args.untag), args.pin, args.archive)
    if args.name and len(run_ids) > 1:
        raise InputError("one run for --name", f"{len(run_ids)}", "Name one run at a time, or use --tag.")
    for run_id in run_ids:
        store.folder(run_id)
        change.applied(store.labels(run_id))  # so that nothing is changed if one of them refuses
    if change != LabelChange():
        for run_id in run_ids:
            store.change_labels(run_id, change)
    found = {run_id: read_overview(store, run_id, None) for run_id in run_ids}
    if args.json:
        print_json({"labels": {run_id: one.labels.model_dump(mode="json") for run_id, one in found.items()}})
        return 0
    for run_id, one in found.items():
        print(f"{run_id:44} {one.label}{label_words(one.labels)}")
        for line in one.labels.note.splitlines():
            print(f"  {line}")
    return 0


def label_words(labels: RunLabels) -> str:
    """Tags and marks of a run, as `runs` prints them after its label."""
    marks = [word for word, is_set in (("pinned", labels.pinned), ("archived", labels.archived)) if is_set]
    words = [*(f"#{tag}" for tag in labels.tags), *(f"({mark})" for mark in marks)]
    return "  " + " ".join(words) if words else ""
