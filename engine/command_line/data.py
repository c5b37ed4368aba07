"""`data`: list data sets, or fetch one."""

import argparse

from engine.command_line.parser import add_folders, print_json
from engine.data.catalog import DATASETS
from engine.data.sources import fetch_dataset, find_file


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("data", help="list or fetch data sets", description=__doc__)
    names = ", ".join(DATASETS)
    parser.add_argument("--fetch", metavar="NAME", help=f"make sure that one of {names} is available; download it")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.fetch:
        fetch_dataset(args.fetch, args.data)
    rows = []
    for name, spec in DATASETS.items():
        path = find_file(name, args.data)
        rows.append(
            {
                "name": name,
                "file": None if path is None else str(path),
                "downloadable": spec.torchvision is not None,
                "shape": spec.shape,
                "train": spec.train_size,
                "test": spec.test_size,
            }
        )
    if args.json:
        print_json({"datasets": rows})
    for row in rows if not args.json else []:
        print(
            f"{row['name']:14} {row['train']:>6} + {row['test']:>6} images  {row['file'] or 'not here, can be fetched'}"
        )
    return 0
