"""A disk that is full or read-only: nothing is lost, reading goes on, and work goes on once there is room."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.queue.deletion import delete_runs
from engine.queue.submission import retry_run
from tests.torture.bench import Bench, Laboratory, wait_until
from tests.torture.command_lines import run_command
from tests.torture.contents import assert_same, contents
from tests.torture.fault import Attempt, fault
from tests.torture.killed_workers import PAIR
from tests.torture.reading import everything_said
from tests.torture.stores import config, full_store
from tests.torture.workers import ENDED, Workshop, assert_as_apart, trained_apart, workshop

MEGABYTES = 6


@contextmanager
def mounted(laboratory: Laboratory) -> Iterator[None]:
    """A small disk in memory at the laboratory's root; skips where mounting is forbidden."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(laboratory.root)]
    found = subprocess.run(words, capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"mounting is forbidden here: {found.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(laboratory.root)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all free space."""
    path = folder / "filling"
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return path


@fault("disk full while runs train")
def full(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, PAIR)

    def attempt(snapshots: int, which: int) -> None:
        laboratory = bench.empty()
        with mounted(laboratory):
            with workshop(bench, laboratory, may_fail=True) as shop:
                run_ids = shop.launch(PAIR)
                shop.until_recorded(run_ids[which], snapshots)
                filling = fill(laboratory.root)
                shown = {run_id: _last(laboratory, run_id) for run_id in run_ids}
                assert set(laboratory.store.run_ids()) == set(run_ids)
                launched = _launch(laboratory)
                wait_until(
                    lambda: _is_noticed(shop.log) or _have_results(laboratory, run_ids), "an error", lambda: shop.log
                )
                filling.unlink()
                wait_until(lambda: _all_ended(shop, [*run_ids, *launched]), "the end of all")
                for entry in delete_runs(laboratory.store, laboratory.queue, launched):
                    laboratory.store.trash.remove(entry.path)
                for run_id in run_ids:
                    assert _last(laboratory, run_id) >= shown[run_id]
                    retry_run(laboratory.store, laboratory.queue, run_id, laboratory.place)
                shop.until_finished(run_ids)
            assert_as_apart(laboratory, expected)

    while True:
        snapshots, which = bench.random.randint(0, 7), bench.random.randrange(2)
        yield lambda snapshots=snapshots, which=which: attempt(snapshots, which)


def _all_ended(shop: Workshop, run_ids: list[str]) -> bool:
    return all(shop.status(run_id) in ENDED for run_id in run_ids)


def _is_noticed(log: str) -> bool:
    """Whether a training has failed, or a process waits for the queue."""
    return "No space" in log or "Waiting: The queue" in log


def _have_results(laboratory: Laboratory, run_ids: list[str]) -> bool:
    return all(laboratory.store.result(run_id) for run_id in run_ids)


def _last(laboratory: Laboratory, run_id: str) -> int:
    """Number of complete lines of metrics."""
    path = laboratory.root / run_id / "metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _launch(laboratory: Laboratory) -> list[str]:
    """Launch two runs, which is refused without a trace, unless a training has just removed an old checkpoint.

    Returns:
        The runs that were queued; they are asked to stop.
    """
    before = set(laboratory.store.run_ids())
    code, told = run_command(["launch", "--seed", "99", *laboratory.folders])
    assert code in (0, 2) and "(None)" not in told and "Traceback" not in told, (code, told)
    new = sorted(set(laboratory.store.run_ids()) - before)
    assert code == 2 or len(new) == 2, told
    for run_id in new:
        assert laboratory.queue.job(run_id), "an empty run is left behind"
        laboratory.queue.request_stop(run_id)
    return new


COMMANDS = (
    ["runs"],
    ["runs", "--json"],
    ["runs", "--check"],
    ["runs", "--deleted"],
    ["launch", "--seed", "99"],
    ["sweep", "--list"],
    ["clean"],
    ["clean", "--dry-run"],
    ["reindex", "--dry-run"],
    ["runs", config(0).run_id, "--delete"],
    ["runs", config(4).run_id, "--resume"],
    ["runs", config(4).run_id, "--stop"],
    ["evaluate", config(1).run_id, "--samples", "20", "--attacks", "fgsm"],
    ["evaluate", config(4).run_id, "--now", "--samples", "20"],
    ["compare", config(0).run_id, config(1).run_id],
    ["sweep", "--l1", "0", "--mu", "0.2", "--epochs", "1"],
)


@fault("disk without a free byte, or read-only: reading, and a command", tries=64)
def no_room(bench: Bench) -> Iterator[Attempt]:
    original = full_store(bench)
    expected = contents(original.root)

    def attempt(words: list[str], read_only: bool) -> None:
        laboratory = bench.copy(original)
        with mounted(laboratory):
            subprocess.run(["cp", "-a", f"{original.root}/.", str(laboratory.root)], check=True)
            said = everything_said(laboratory)
            if read_only:
                subprocess.run(["mount", "-o", "remount,ro", str(laboratory.root)], check=True)
            else:
                fill(laboratory.root)
            code, told = run_command([*words, *laboratory.folders])
            assert code in (0, 1, 2, 130) and "Traceback" not in told and "(None)" not in told, (code, told)
            if words[1:2] != [config(0).run_id] or code == 2:
                found = everything_said(laboratory)
                assert_same({str(key): value for key, value in found.items()}, {str(k): v for k, v in said.items()})
                kept = {name: value for name, value in contents(laboratory.root).items() if name != "filling"}
                assert_same(kept, expected)

    while True:
        words, read_only = list(bench.random.choice(COMMANDS)), bench.random.random() < 0.5
        yield lambda words=words, read_only=read_only: attempt(words, read_only)
