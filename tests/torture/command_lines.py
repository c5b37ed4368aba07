"""Generated command lines: each ends with 0, 1 or 2 and a sentence, and what is refused changes nothing."""

import argparse
import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from engine.__main__ import COMMANDS, main
from engine.command_line import waiting, worker
from engine.command_line.parser import Parser
from engine.data import sources
from engine.errors import InputError
from engine.queue.client import WorkerSettings
from tests.torture.bench import Bench, Laboratory
from tests.torture.contents import assert_same, contents, rows
from tests.torture.fault import Attempt, fault
from tests.torture.stores import config, full_store

HOSTILE = (
    *("", " ", "0", "-1", "1", "2", "0.5", "1e-3", "nan", "inf", "-inf", "1e999", "9" * 40, "0x10", "١", "1,5", "--"),
    *("../..", "/etc/passwd", "/dev/null", "a\nb", "\u202e", "\ud800", "%s%n", "{}", "-h", "é" * 300, "*", "~", "None"),
    *("mnist-mini", "pgd", "fgsm", "std", "min-max", "linf", "normalized", "cpu", "0..1/3", "x=1", "strong", "."),
)
"""Words that somebody may type, copy or pass."""


@fault("generated command lines", tries=400)
def generated(bench: Bench) -> Iterator[Attempt]:
    original = full_store(bench)
    parsers = _parsers()
    laboratory, before = bench.copy(original), None

    def attempt(words: list[str]) -> None:
        nonlocal laboratory, before
        if before is None or not laboratory.root.exists():
            laboratory = bench.copy(original)
            before = contents(laboratory.root), rows(laboratory)
        code, told = run_command(words)
        assert code in (0, 1, 2, 130), f"{words}: {code} {told}"
        assert "Traceback" not in told and "(None)" not in told, f"{words}: {told}"
        after = contents(laboratory.root), rows(laboratory)
        if code == 2:
            assert told.strip(), f"{words}: no sentence"
            for found, expected in zip(after, before, strict=True):
                assert_same(found, expected)
        elif after != before:
            before = None

    while True:
        if before is None or not laboratory.root.exists():
            laboratory = bench.copy(original)
            before = contents(laboratory.root), rows(laboratory)
        words = line(parsers, bench.random, laboratory)
        yield lambda words=words: attempt(words)


def _parsers() -> dict[str, argparse.ArgumentParser]:
    """Parser of each command by its name."""
    parser = Parser()
    commands = parser.add_subparsers(parser_class=Parser)
    for command in COMMANDS:
        command.add_parser(commands)
    return dict(commands.choices)


def line(parsers: dict[str, argparse.ArgumentParser], random: Random, laboratory: Laboratory) -> list[str]:
    """A random command with random arguments for some of its options, in the laboratory's folders."""
    name = random.choice(list(parsers))
    actions = [one for one in parsers[name]._actions if not set(one.option_strings) & {"--store", "--data", "-h"}]
    words = [name]
    for action in random.sample(actions, k=min(len(actions), random.choice((0, 1, 1, 2, 3, 4)))):
        words += [random.choice(action.option_strings)] if action.option_strings else []
        if action.nargs != 0:
            words += [_value(action, random, laboratory) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    if random.random() < 0.6:
        words += [action_value for action in actions for action_value in _positional(action, random, laboratory)]
    if random.random() < 0.05:
        words.insert(random.randrange(len(words) + 1), random.choice(HOSTILE))
    known = {option for action in parsers[name]._actions for option in action.option_strings}
    return [*words, *laboratory.folders[:2], *(laboratory.folders[2:] if "--data" in known else [])]


def _positional(action: argparse.Action, random: Random, laboratory: Laboratory) -> list[str]:
    return [] if action.option_strings else [random.choice(laboratory.store.run_ids())]


def _value(action: argparse.Action, random: Random, laboratory: Laboratory) -> str:
    """A value: hostile, one of the choices, a run, a file of the store, or a number near the default."""
    pools: list[Sequence[str]] = [HOSTILE, [config(0).run_id, config(4).run_id, "mnist-mini-std-0000000000"]]
    pools += [[str(choice) for choice in action.choices]] * 3 if action.choices else []
    pools += [[str(action.default), "1", "3"]] * 3 if action.default not in (None, argparse.SUPPRESS) else []
    if action.type is Path:
        files = [path for path in laboratory.root.rglob("*") if path.is_file()]
        pools += [[str(random.choice(files)), str(laboratory.root / "out.safetensors"), str(laboratory.root)]] * 3
    return str(random.choice(random.choice(pools)))


def run_command(words: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a command in this process. No worker starts, nothing is downloaded or waited for."""
    told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        _take_away(patch)
        try:
            code = main(list(words))
        except SystemExit as ended:
            code = ended.code
        told.flush()
    return int(code or 0), told.buffer.getvalue().decode()


def _take_away(patch: pytest.MonkeyPatch) -> None:
    """Take the worker, the network and the shipped runs away."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    def refuse(*words: object) -> Path:
        raise InputError("a file", "none", "Copy it there.")

    patch.setattr(WorkerSettings, "command", lambda settings: ["true"])
    patch.setattr(waiting.time, "sleep", interrupt)
    patch.setattr(worker, "work", lambda *words: None)
    patch.setattr(sources, "_download", refuse)
    patch.setattr("engine.runs.store.SHIPPED", Path("/nothing-shipped"))
