"""Reads of the runs in the store, shared by all sessions; only what has changed is read again."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.memory import remembered
from dashboard.settings import Settings, read_settings
from engine.minmax.gradients import InputKind, Simulation, input_vector, simulate
from engine.queue.job import Job
from engine.queue.listing import Listing
from engine.queue.overview import RunOverview, RunProblem
from engine.queue.problem import QueueProblem
from engine.queue.run_queue import RunQueue
from engine.runs.columns import Records
from engine.runs.config import RunConfig
from engine.runs.film import Film
from engine.runs.history import History
from engine.runs.store import RunStore

HASTE = 0.5
"""Seconds that a page waits for a lock in order to reconcile the queue."""

RECONCILED_FOR = 2.0
"""Seconds for which the queue counts as reconciled."""


@cache  # pages ask several times for each run: Streamlit's own cache would take a while
def settings() -> Settings:
    """The settings of this server."""
    return read_settings()


def listing(run_ids: Sequence[str] | None = None) -> tuple[list[RunOverview], list[RunProblem]]:
    """All runs, newest first, or those of `run_ids`; and those whose config cannot be read."""
    here = settings()
    if not here.read_only:
        _reconcile(here.store.root)
    return _listing(here.store.root, here.store.shipped).read(run_ids)


def queue_problem() -> str | None:
    """Why the queue cannot be read; None if it can."""
    here = settings()
    listing = _listing(here.store.root, here.store.shipped)
    listing.jobs()
    return listing.problem


def runs(run_ids: Sequence[str] | None = None) -> list[RunOverview]:
    """Readable runs of `listing`."""
    return listing(run_ids)[0]


def renew() -> None:
    """Read all runs again at the next call, since this process has changed one."""
    here = settings()
    _listing(here.store.root, here.store.shipped).renew()


def jobs() -> list[Job]:
    """All jobs of the queue, newest first; the last known ones if it cannot be read."""
    here = settings()
    return list(_listing(here.store.root, here.store.shipped).jobs().values())


def jobs_of(run_id: str) -> list[Job]:
    """The jobs of one run."""
    return [job for job in jobs() if job.run_id == run_id]


def shipped() -> RunStore | None:
    """Store of the runs shipped with the project, without what the dashboard's store has under the same run_ids."""
    folder = settings().store.shipped
    return RunStore(folder) if folder else None


def shipped_runs() -> list[RunOverview]:
    """All runs of the `shipped` store."""
    store = shipped()
    return _listing(store.root, None).read()[0] if store else []


def closest_watched(runs: Iterable[RunOverview]) -> dict[str, RunOverview]:
    """Variant -> the run with the lowest seed, then with the most snapshots per epoch; the first of equals.

    Imported runs are ignored.
    """
    chosen: dict[str, tuple[tuple[int, int], RunOverview]] = {}
    for run in runs:
        if isinstance(config := run.config, RunConfig):
            rank = (-config.seed, config.training.snapshots_per_epoch)
            if config.variant not in chosen or rank > chosen[config.variant][0]:
                chosen[config.variant] = rank, run
    return {variant: run for variant, (_, run) in chosen.items()}


def history(run_id: str, store: RunStore | None = None) -> Records:
    """Records of a run, one per snapshot; `store` defaults to the dashboard's store."""
    return _history((store or settings().store).path(run_id)).records()


def histories(runs: Iterable[RunOverview], store: RunStore | None = None) -> dict[str, Records]:
    """run_id -> its `history`."""
    return {run.run_id: history(run.run_id, store) for run in runs}


def conv_weights(run_id: str, layer: str, store: RunStore | None = None) -> Film:
    """Weights of a layer at every snapshot, (snapshots, n) float32; `store` defaults to the dashboard's store."""
    return _history((store or settings().store).path(run_id)).film(layer)


@remembered
def simulation(
    m: int, n: int, kind: InputKind, scale: float, p1: tuple[float, ...], draws: int, seed: int
) -> Simulation:
    """`simulate` for m classes and the `input_vector` of the other arguments."""
    return simulate(input_vector(n, scale, kind, seed), m, np.array(p1), draws, seed)


@st.cache_resource(max_entries=8, show_spinner=False)
def _listing(root: Path, shipped_root: Path | None) -> Listing:
    """The listing that all sessions share."""
    here = settings()
    queue = here.queue if root == here.store.root else RunQueue(root)
    return Listing(RunStore(root, shipped_root), queue)


@st.cache_resource(max_entries=8, ttl=RECONCILED_FOR, show_spinner=False)
def _reconcile(root: Path) -> None:
    """Reconcile the queue of the store, for all sessions together; not if it cannot be used now."""
    with suppress(QueueProblem):
        _reconciler(root).reconcile()


@st.cache_resource(max_entries=8, show_spinner=False)
def _reconciler(root: Path) -> RunQueue:
    """The queue of the store; it remembers between calls who was at work."""
    return RunQueue(root, timeout=HASTE)


@remembered
def _history(folder: Path) -> History:
    return History(folder)
