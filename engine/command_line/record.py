"""`record`: write small copies of finished runs to another store, for sharing."""

import argparse
from pathlib import Path
from typing import get_args

from engine.command_line.parser import add_folders, open_store, print_json
from engine.exchange.record import Part, record_run


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "record", help="write small copies of runs", description=__doc__
    )
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="finished runs")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="store for the copies")
    parser.add_argument(
        "--snapshots",
        type=int,
        default=21,
        metavar="INT",
        help="largest number of snapshots per run, 2 or more (%(default)s)",
    )
    parser.add_argument(
        "--without",
        nargs="+",
        choices=get_args(Part),
        default=[],
        help="images: adversarial images and the predictions for each; weights: the final weights and the records of "
        "later convolutions, so that the copy cannot be attacked again",
    )
    add_folders(parser, data=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    copies = [
        record_run(store, run_id, args.out, args.snapshots, args.without) for run_id in dict.fromkeys(args.run_ids)
    ]
    sizes = {str(copy): sum(path.stat().st_size for path in copy.rglob("*") if path.is_file()) for copy in copies}
    if args.json:
        print_json({"copies": [{"folder": folder, "bytes": size} for folder, size in sizes.items()]})
    else:
        for folder, size in sizes.items():
            print(f"{folder}  {size / 1000:,.0f} kB")
    return 0
