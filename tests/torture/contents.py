"""What a store says: the content of all its files, without what differs between two times of doing the same."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.atomic import is_leftover
from engine.measurements.inspection import run_problems
from engine.queue.overview import list_runs
from engine.runs.run_files import ENVIRONMENT
from tests.torture.bench import Laboratory

TIMES = {"seconds", "created_at", "checksum"}
"""Keys that hold a time, or the checksum of a document with one."""

OTHERS = ("queue.", "worker.", ".cache", ".trash")
"""Files of a store that hold no results."""


def contents(root: Path) -> dict[str, Any]:
    """Name of each file in a store -> its content."""
    return {str(path.relative_to(root)): _content(path) for path in sorted(root.rglob("*")) if _counts(root, path)}


def rows(laboratory: Laboratory) -> dict[str, tuple]:
    """Jobs of the queue by id."""
    return {job.job_id: (job.kind, job.run_id, job.status, job.payload, job.place) for job in laboratory.queue.jobs()}


def assert_whole(laboratory: Laboratory) -> None:
    """Raise unless all runs are listed and no file of any run is damaged."""
    store = laboratory.store
    overviews, problems = list_runs(store, laboratory.queue)
    assert not problems, problems
    assert {run.run_id for run in overviews} == set(store.run_ids())
    found = [problem for run in overviews for problem in run_problems(store, run.run_id)]
    assert not found, found


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Raise AssertionError that names the files that are missing, additional or different."""
    missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    other = sorted(name for name in set(found) & set(expected) if found[name] != expected[name])
    assert not (missing or more or other), f"missing {missing}, additional {more}, different {other}"


def _counts(root: Path, path: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.is_file() and not parts[0].startswith(OTHERS) and not any(map(is_leftover, parts))


def _content(path: Path) -> Any:
    if path.name == ENVIRONMENT:  # a resumed training has several sessions, which must be alike
        sessions = json.loads(path.read_bytes())["sessions"]
        return {json.dumps(session, sort_keys=True) for session in sessions}
    if path.suffix == ".json":
        return timeless(json.loads(path.read_bytes()))
    if path.suffix == ".jsonl":
        return [timeless(json.loads(line)) for line in path.read_bytes().splitlines()]
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: (str(values.dtype), values.shape, values.tobytes()) for name, values in arrays.items()}
    return path.read_bytes()


def timeless(document: Any) -> Any:
    """A document without TIMES."""
    if isinstance(document, dict):
        return {name: timeless(value) for name, value in document.items() if name not in TIMES}
    return [timeless(value) for value in document] if isinstance(document, list) else document
