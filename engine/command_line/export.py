"""`export`: write a run's weights, as safetensors with its config in the header or as a PyTorch state dict."""

import argparse
import io
from pathlib import Path

import numpy as np

from engine.atomic import write_atomically
from engine.command_line.parser import add_folders, open_store, print_json
from engine.errors import InputError
from engine.exchange.loading_code import loading_code
from engine.exchange.matching import parameter_shapes
from engine.queue.submission import check_finished
from engine.runs.model_config import ModelConfig
from engine.runs.run_files import MODEL, load_weights

SUFFIXES = (".safetensors", ".pt")


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("export", help="write weights to a file", description=__doc__)
    parser.add_argument("run_id", metavar="RUN_ID", help="a finished run")
    names = " or ".join(SUFFIXES)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=f"file to write, ending in {names}")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_folders(parser, data=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    folder, config = store.folder(args.run_id), store.config(args.run_id)
    check_finished(store, args.run_id)
    weights = load_weights(folder)
    target: Path = args.out
    if target.suffix not in SUFFIXES:
        raise InputError(
            f"a file name ending in {' or '.join(SUFFIXES)}",
            repr(target.name),
            "Give a file name with one of these endings.",
        )
    if not target.parent.is_dir():
        raise InputError(
            "an existing folder to write to", str(target.parent), "Create this folder first, or choose another one."
        )
    if target.exists() and not args.force:
        raise InputError("a file that does not exist yet", str(target), "Choose another name, or add --force.")
    write_atomically(target, _state_dict(config, weights) if target.suffix == ".pt" else (folder / MODEL).read_bytes())
    if args.json:
        print_json({"run_id": args.run_id, "file": str(target)})
    else:
        print(loading_code(config, str(target)))
    return 0


def _state_dict(config: ModelConfig, weights: dict[str, np.ndarray]) -> bytes:
    """Content of a PyTorch file with the state dict: tensors only, in forward order."""
    import torch  # slow to import, and only needed for this kind of file

    names, content = parameter_shapes(config.architecture, config.dataset_spec), io.BytesIO()
    torch.save({name: torch.from_numpy(weights[name].copy()) for name in names}, content)
    return content.getvalue()
