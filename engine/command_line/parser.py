"""Parts that all commands share: options for folders, `--json`, limits in the help, and error messages."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import NoReturn

from pydantic import BaseModel

from engine.runs.folder_options import DATA, STORE
from engine.runs.store import open_store as open_store  # for all commands
from engine.validation import field_limits


class Parser(argparse.ArgumentParser):
    """Argument parser that prints errors in one sentence and exits with 2; it reads -1e-4 as a number."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self._negative_number_matcher = re.compile(r"-(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|-inf$|-nan$", re.IGNORECASE)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        sys.exit(2)


def add_folders(parser: argparse.ArgumentParser, data: bool = True) -> None:
    """Add the options `--store`, `--data` and `--json`."""
    parser.add_argument("--store", type=Path, default=STORE, help="folder of runs (%(default)s)")
    if data:
        parser.add_argument("--data", type=Path, default=DATA, help="folder of <name>.npz files (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_field(parser: argparse.ArgumentParser, flag: str, model: type[BaseModel], name: str, **changes) -> None:
    """Add an option for one field of a configuration, with the type, default and limits of the field."""
    limits = field_limits(model, name)
    default = changes.pop("default", limits.default)
    kind = type(limits.default)
    text = f"{limits.description} ({limits}; default {default})".replace("%", "%%")
    if limits.choices:
        parser.add_argument(flag, choices=limits.choices, default=default, help=text, **changes)
    else:
        parser.add_argument(flag, type=kind, default=default, help=text, metavar=kind.__name__.upper(), **changes)


def print_json(document: dict) -> None:
    """Print one JSON object to standard output."""
    print(json.dumps(document, indent=1, allow_nan=False))
