"""`import`: create a run from weights that were trained elsewhere. It can be attacked like any other run."""

import argparse
from pathlib import Path

from engine.command_line.parser import add_folders, open_store, print_json
from engine.data.catalog import DATASETS
from engine.exchange.tensor_file import MOST_BYTES, SUFFIXES
from engine.formatting import percent
from engine.models.architectures import ARCHITECTURES
from engine.queue.overview import read_overview


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "import", help="create a run from a file of weights", description=__doc__
    )
    kinds = f"{', '.join(SUFFIXES)}, at most {MOST_BYTES // 2**20} MB"
    parser.add_argument("file", type=Path, metavar="FILE", help=f"a state dict: {kinds}")
    parser.add_argument("--architecture", required=True, metavar="NAME", help=f"one of {', '.join(ARCHITECTURES)}")
    parser.add_argument("--dataset", required=True, metavar="NAME", help=f"one of {', '.join(DATASETS)}")
    parser.add_argument("--name", metavar="TEXT", help="name of the weights in charts (default the file name)")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from engine.exchange.import_weights import import_weights  # imports torch, which --help does without

    store = open_store(args.store)
    name = args.file.stem if args.name is None else args.name
    done = import_weights(store, args.file, args.architecture, args.dataset, name, args.data)
    overview = read_overview(store, done.run_id, None)
    if args.json:
        print_json(overview.document() | {"renamed": done.renamed, "new": done.is_new})
        return 0
    accuracy = f"{percent(overview.document()['clean_accuracy'])} of the test images correct"
    print(f"{done.run_id}  {overview.label}  {accuracy}" + ("" if done.is_new else "  (already imported)"))
    for origin, own in done.renamed.items():
        print(f"  {origin!r} was loaded as {own}, matched by its shape")
    return 0
