"""JSON documents on disk that carry their own checksum, and are read without trust."""

import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from engine.atomic import write_atomically
from engine.checksum import check_seal, sealed
from engine.errors import DamagedFile, UnreadableFile

Found = TypeVar("Found")
Model = TypeVar("Model", bound=BaseModel)

RESTORE = "Restore the file from a copy."
MOST_BYTES = 2 * 2**30
"""Largest file that is read as a whole; nothing that this program writes is that large."""


def write_json(path: Path, document: dict) -> None:
    """Write a JSON file atomically, with its checksum; ValueError for NaN and infinity."""
    write_atomically(path, json.dumps(sealed(document), indent=1, allow_nan=False).encode() + b"\n")


def read_json(path: Path, remedy: str = RESTORE) -> dict | None:
    """The document of a JSON file, checked and without its checksum; None if the file does not exist.

    Args:
        remedy: the sentence that says what to do if the content is damaged.

    Raises:
        DamagedFile: the content is not a JSON object, or not the one that was written.
        UnreadableFile: the file cannot be opened.
    """
    content = read_content(path)
    if content is None:
        return None
    try:
        return check_seal(parse_object(content))
    except ValueError as error:
        raise damaged(path, str(error), remedy) from error


def read_model(path: Path, model: type[Model], remedy: str = RESTORE) -> Model | None:
    """The record in a JSON file, parsed into its type; None if the file does not exist; raises as `read_json`."""
    document = read_json(path, remedy)
    if document is None:
        return None
    try:
        return model.model_validate(document)
    except ValueError as error:  # of pydantic, and of classes that check their values
        raise damaged(path, first_fault(error), remedy) from error


def usable(read: Callable[[Path], Found | None], path: Path) -> Found | None:
    """What `read` returns for a file; None if it is damaged, for readers that go on without it."""
    try:
        return read(path)
    except DamagedFile:
        return None


def problem_of(read: Callable[[Path], object], path: Path) -> str | None:
    """Why a file cannot be read, and what to do; None if it can, or does not exist."""
    try:
        read(path)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        return str(error)
    return None


def damaged(path: Path, reason: str, remedy: str = RESTORE) -> DamagedFile:
    """The error for a file with damaged content."""
    return DamagedFile(f"{path} as it was written", f"a damaged file ({reason})", remedy)


def read_content(path: Path, last: int | None = None) -> bytes | None:
    """Content of a file, or its `last` bytes; None if it does not exist.

    Raises:
        UnreadableFile: it cannot be opened, is no regular file, or is larger than MOST_BYTES.
    """
    try:
        with open(path, "rb", opener=open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise _unreadable(path, "something that is no file", "Move it away.")
            if last is not None:
                file.seek(max(0, found.st_size - last))
            elif found.st_size > MOST_BYTES:
                raise _unreadable(path, f"a file of {found.st_size / 2**30:.1f} GB", RESTORE)
            return file.read()
    except FileNotFoundError:
        if path.is_symlink():
            remedy = "Restore that file, or remove the link."
            raise _unreadable(path, "a link to a file that does not exist", remedy) from None
        return None
    except NotADirectoryError:
        return None
    except IsADirectoryError:
        raise _unreadable(path, "a folder", f"Move the folder away. {RESTORE}") from None
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> UnreadableFile:
    """The error for a file that the system does not open; the file itself may be whole."""
    reason = error.strerror or type(error).__name__
    remedy = "Check the disk; the file itself may be whole."
    if isinstance(error, PermissionError):
        remedy = "Give this program permission to read it; nothing is lost."
    return _unreadable(path, reason, remedy)


def parse_object(content: bytes) -> dict[str, Any]:
    """The JSON object of a text in UTF-8. Numbers are finite, and no name occurs twice.

    Raises:
        ValueError: the content is anything else.
    """
    try:
        found = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
        if b"\\ud" in content or b"\\uD" in content:  # half of a character, which no terminal can print
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise ValueError("not a text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def first_fault(error: ValueError) -> str:
    """The first fault of a document, in words."""
    if not isinstance(error, ValidationError):
        return str(error)
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def documents_in(folder: Path) -> list[Path]:
    """Paths of the JSON files in a folder, oldest first; empty if the folder cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".json") and not entry.name.startswith(".")]
    except OSError:
        return []
    return sorted((folder / name for name in names), key=lambda path: (modified(path), path.name))


def modified(path: Path) -> int:
    """Time of the last change of a file or link, in nanoseconds; 0 if it is gone or the system does not tell."""
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:
        return 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that occurs twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"the number {constant}")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number that is too large")
    return number


def open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for a writer


def _unreadable(path: Path, found: str, remedy: str) -> UnreadableFile:
    return UnreadableFile(f"a readable file at {path}", found, remedy)
