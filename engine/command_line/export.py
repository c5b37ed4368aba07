"""`export`: write a finished run's weights as safetensors, its config in the header."""

import argparse
from pathlib import Path

from engine.command_line.parser import add_folders, open_store, print_json
from engine.errors import InputError
from engine.runs.store import MODEL, load_weights
from engine.training.atomic import write_atomically


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("export", help="take weights away", description=__doc__)
    parser.add_argument("run_id", metavar="RUN_ID", help="a finished run")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write, ending .safetensors")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    add_folders(parser, data=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    folder = open_store(args.store).folder(args.run_id)
    load_weights(folder)
    target: Path = args.out
    if target.suffix != ".safetensors":
        raise InputError("a file name ending in .safetensors", repr(target.name), "Choose such a name.")
    if not target.parent.is_dir():
        raise InputError("an existing folder to write to", str(target.parent), "Make it first, or choose another.")
    if target.exists() and not args.force:
        raise InputError("a file that is not there yet", str(target), "Choose another name, or add --force.")
    write_atomically(target, (folder / MODEL).read_bytes())
    if args.json:
        print_json({"run_id": args.run_id, "file": str(target)})
    else:
        print(f"{target}: read it with safetensors.torch.load_file, then model.load_state_dict.")
    return 0
