"""Options of commands that are shown to people: without them, a command works on other folders than meant. No torch."""

import shlex
from pathlib import Path

PROJECT = Path(__file__).parents[2]
STORE, DATA = PROJECT / "checkpoints", PROJECT / "data"
"""Folders that commands use by default."""


def folder_options(store: Path | None = None, data: Path | None = None) -> str:
    """The options `--store` and `--data`, each after a space; those of default folders are left out."""
    options = (("--store", store, STORE), ("--data", data, DATA))
    chosen = [(name, folder) for name, folder, default in options if folder is not None and folder != default]
    return "".join(f" {name} {shlex.quote(str(folder))}" for name, folder in chosen)
