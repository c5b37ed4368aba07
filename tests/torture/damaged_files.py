"""Damage to one file of a store: what is read is what was written, or the damage is named, and other runs are whole."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.damages import folder_instead, link_instead
from tests.torture.bench import Bench, Laboratory
from tests.torture.contents import OTHERS
from tests.torture.fault import Attempt, fault
from tests.torture.reading import ABSENT, Said, everything_named, everything_said
from tests.torture.stores import full_store

Damage = Callable[[Path], object]

PARTIAL = {"overview", "metrics", "resumption"}
"""Answers that may be partial, if the damage is named."""


class Damaged:
    """A copy of a full store, in which one file after the other is damaged and restored."""

    def __init__(self, bench: Bench) -> None:
        original = full_store(bench)
        root = bench.folder / "damaged"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(original.root, root)
        self.laboratory = Laboratory(root, bench.data)
        self.whole = everything_said(self.laboratory)
        assert everything_named(self.laboratory) == {}

    def files(self, *endings: str) -> list[Path]:
        """All files that hold results, or those with these endings."""
        root = self.laboratory.root
        found = [path for path in sorted(root.rglob("*")) if path.is_file()]
        found = [path for path in found if not path.relative_to(root).parts[0].startswith(OTHERS)]
        return [path for path in found if not endings or path.suffix in endings]

    def check(self, path: Path, damage: Damage, must_differ: bool = True) -> None:
        """Damage the file, compare what readers say with what they said before, and restore the file.

        Args:
            must_differ: whether a value that differs is a loss; else only other runs are compared.
        """
        kept = path.read_bytes()
        damage(path)
        try:
            place = f"{path.relative_to(self.laboratory.root)}"
            said, named = everything_said(self.laboratory), everything_named(self.laboratory)
            json.dumps([value for (_, name), value in said.items() if name == "overview"], allow_nan=False)
            self._compare(place, said, named, must_differ)
        finally:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            path.write_bytes(kept)

    def _compare(self, place: str, said: Said, named: dict[str, list[str]], must_differ: bool) -> None:
        own = place.split("/")[0]
        own = own if own in {run_id for run_id, _ in self.whole} else ""
        for (run_id, name), before in self.whole.items():
            now = said.get((run_id, name))
            if now == before or (own == "" and _is_absent(now)):
                continue
            if run_id != own:
                assert name == "transfers" and _is_part(now, before), f"{place}: {name} of the other run {run_id}"
            elif must_differ:
                is_named = named or not os.path.lexists(self.laboratory.root / place)
                is_less = _is_absent(now) or (is_named and (name in PARTIAL or _is_part(now, before)))
                assert is_less, f"{place}: {name} is another, and {named or 'nothing is named'}"
        if must_differ and said != self.whole and Path(self.laboratory.root, place).exists():
            assert named or own == "", f"{place}: the damage is not named"
        assert set(named) <= {own}, f"{place}: named for other runs: {named}"


def _is_absent(now: Any) -> bool:
    return any(now is one or now == one for one in ABSENT)


def _is_part(now: Any, before: Any) -> bool:
    """Whether some entries are missing and none is another; of a film, snapshots at its end."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(name in before and before[name] == value for name, value in now.items())
    if isinstance(before, list) and isinstance(now, list) and before[:1] == ["<f4"]:
        return before[2].startswith(now[2])
    return isinstance(before, list) and isinstance(now, list) and all(one in before for one in now)


@fault("one flipped bit in a file", tries=200)
def flipped_bits(bench: Bench) -> Iterator[Attempt]:
    damaged = Damaged(bench)
    while True:
        path = bench.random.choice(damaged.files())
        yield lambda path=path: damaged.check(path, lambda path: flip(path, bench.random))


def flip(path: Path, random: Random) -> None:
    """Flip one bit, half of the time among the first hundred bytes."""
    content = bytearray(path.read_bytes())
    last = len(content) if random.random() < 0.5 else min(100, len(content))
    content[random.randrange(last)] ^= 1 << random.randrange(8)
    path.write_bytes(content)


@fault("a file cut at every tenth", tries=150)
def cut_files(bench: Bench) -> Iterator[Attempt]:
    damaged = Damaged(bench)
    places = [(path, tenth) for path in damaged.files() for tenth in range(10)]
    bench.random.shuffle(places)
    for path, tenth in places:
        cut = path.stat().st_size * tenth // 10
        yield lambda path=path, cut=cut: damaged.check(path, lambda path: os.truncate(path, cut))


@fault("a file deleted, a folder, a dangling link, or garbage", tries=120)
def replaced_files(bench: Bench) -> Iterator[Attempt]:
    damaged = Damaged(bench)
    garbage = bench.random.randbytes(500)
    damages = [Path.unlink, folder_instead, link_instead, lambda path: path.write_bytes(garbage)]
    places = [(path, damage) for path in damaged.files() for damage in damages]
    bench.random.shuffle(places)
    for path, damage in places:
        yield lambda path=path, damage=damage: damaged.check(path, damage)


@fault("JSON of another shape, its checksum kept", tries=100)
def other_shapes(bench: Bench) -> Iterator[Attempt]:
    return _shapes(bench, keep_checksum=True)


@fault("JSON of another shape, as an earlier version would write it", tries=100)
def unchecked_shapes(bench: Bench) -> Iterator[Attempt]:
    return _shapes(bench, keep_checksum=False)


def _shapes(bench: Bench, keep_checksum: bool) -> Iterator[Attempt]:
    damaged = Damaged(bench)
    while True:
        path = bench.random.choice(damaged.files(".json", ".jsonl"))
        damage = lambda path: reshape(path, bench.random, keep_checksum)  # noqa: E731
        yield lambda path=path, damage=damage: damaged.check(path, damage, must_differ=keep_checksum)


ODD = (None, True, -1, 3, 10**400, 1e308, float("nan"), float("-inf"), "bogus", "", "\ud800", [], {}, [[]], {"a": 1})


def reshape(path: Path, random: Random, keep_checksum: bool) -> None:
    """Put an odd value at a random place of a document, or of one line."""
    lines = path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]
    place = random.randrange(len(lines))
    document = json.loads(lines[place])
    if not keep_checksum:
        document.pop("checksum", None)
    parent, key = random.choice(list(_places(document)))
    if random.random() < 0.2:
        del parent[key]
    else:
        parent[key] = random.choice(ODD)
    lines[place] = json.dumps(document).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value in a document."""
    keys = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        yield document, key
        yield from _places(document[key])
