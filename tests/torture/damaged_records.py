"""Damage to an unfinished run before its training goes on: it ends as the undisturbed one, or says why it cannot."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import InputError
from engine.runs.records import METRICS, read_metrics
from engine.runs.run_files import ENVIRONMENT
from engine.training.checkpoint_file import LAST, PREVIOUS
from tests.torture.bench import Bench, Laboratory
from tests.torture.contents import assert_same, assert_whole, contents
from tests.torture.damaged_files import flip
from tests.torture.fault import Attempt, fault
from tests.torture.stores import config, train, unfinished_run

FILES = (METRICS, "conv1.f32", "conv2.f32", LAST, PREVIOUS, ENVIRONMENT)


@fault("records, checkpoints or environment damaged before a resume", tries=100)
def resumed_damage(bench: Bench) -> Iterator[Attempt]:
    expected = _undisturbed(bench)
    while True:
        damages = [_damage(bench) for _ in range(bench.random.choice((1, 1, 1, 2, 3)))]
        yield lambda damages=damages: _attempt(bench, damages, expected)


def _undisturbed(bench: Bench) -> dict:
    """Contents of the laboratory in which training went on without damage."""
    laboratory = bench.copy(unfinished_run(bench))
    train(laboratory, config(0))
    assert (laboratory.store.result(config(0).run_id) or {})["bit_exact"] is True
    return contents(laboratory.root)


def _damage(bench: Bench) -> tuple[str, str, int]:
    """A file, what is done to it, and a number that decides where."""
    names = ("cut", "cut", "flipped", "emptied", "deleted", "last row twice", "garbage at the end", "two lines swapped")
    return bench.random.choice(FILES), bench.random.choice(names), bench.random.randrange(2**30)


def _apply(bench: Bench, path: Path, kind: str, number: int) -> None:
    content = path.read_bytes() if path.exists() else b""
    lines = content.splitlines(keepends=True)
    if kind == "deleted" or not content:
        path.unlink(missing_ok=True)
    elif kind == "cut":
        os.truncate(path, number % len(content))
    elif kind == "flipped":
        flip(path, bench.random)
    elif kind == "emptied":
        path.write_bytes(b"")
    elif kind == "last row twice":
        path.write_bytes(content + lines[-1])
    elif kind == "garbage at the end":
        path.write_bytes(content + bench.random.randbytes(number % 900))
    elif kind == "two lines swapped" and len(lines) > 2:
        first = number % (len(lines) - 1)
        lines[first], lines[first + 1] = lines[first + 1], lines[first]
        path.write_bytes(b"".join(lines))


def _attempt(bench: Bench, damages: list[tuple[str, str, int]], expected: dict) -> None:
    laboratory = bench.copy(unfinished_run(bench))
    folder = laboratory.root / config(0).run_id
    for name, kind, number in damages:
        _apply(bench, folder / name, kind, number)
    try:
        _resume(laboratory)
    except InputError as error:
        assert config(0).run_id in str(error) and str(error).startswith("Expected "), f"{damages}: {error}"
        assert laboratory.store.result(config(0).run_id) is None, f"{damages}: a result after a refusal"
        return
    try:
        assert_whole(laboratory)
        assert_same(contents(laboratory.root), expected)
    except AssertionError as error:
        raise AssertionError(f"{damages}: {error}") from error
    assert len(read_metrics(folder)) == 7


def _resume(laboratory: Laboratory) -> None:
    """Train on; notes of what went back, which a worker's log would have, are not printed."""
    with contextlib.redirect_stderr(io.StringIO()):
        train(laboratory, config(0))
