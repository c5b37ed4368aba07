"""Training of runs: data -> model -> training -> records -> result."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.runs.result import measure_clean_accuracy, write_result
from engine.runs.resumption import find_resumption
from engine.runs.run_files import save_model
from engine.runs.stack_session import StackSession, prepare_session
from engine.runs.store import RunStore
from engine.training.checkpoint import save_checkpoint
from engine.training.checkpoint_file import remove_checkpoints
from engine.training.loop import train

CHECKPOINT_INTERVAL = 1.0
"""Seconds between checkpoints and progress reports; also the longest training time that a crash can lose."""


@dataclass(frozen=True)
class Progress:
    """Progress of a job, in [0, 1], and a message about its current work."""

    fraction: float
    message: str


def checkpoint_position(folder: Path) -> tuple[int, int]:
    """Step and number of snapshots that a run resumes at, (0, 0) for its beginning; runs of one stack agree in both.

    Raises:
        UnreadableFile: as `find_resumption`.
    """
    return find_resumption(folder).position


def train_runs(
    store: RunStore,
    run_ids: Sequence[str],
    data_dir: Path,
    device: str,
    interrupted: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, None]:
    """Train runs as one stack, from their checkpoints if they have any, recording each in its own directory.

    A run whose records disagree with its newest checkpoint goes back to a state where they agree, and says so.
    The state is saved every `CHECKPOINT_INTERVAL` seconds, which does not change the results. When `interrupted`
    returns True, the state is saved and training ends early. A run is complete when it has a result.

    Raises:
        InputError: the runs differ in more than seed and objective, or their checkpoints differ in step; the data
            cannot be read or differ from those that the runs started with, or the device is not available.
        DamagedFile: a result cannot be read. UnreadableFile: as `find_resumption`.
    """
    run_ids = [run_id for run_id in run_ids if not _has_ended(store, run_id)]
    if not run_ids:
        return
    session = prepare_session(store, run_ids, data_dir, device)
    state, epochs = session.state, session.config.training.epochs
    stopped = False
    for note in session.notes:
        print(note, file=sys.stderr)  # stays in worker.log
    try:
        while state.step < session.last_step and state.active and not stopped:
            stopped = _train_a_while(session, interrupted)
            done = state.step / session.last_step
            yield Progress(done, ". ".join((f"epoch {done * epochs:.1f} of {epochs}", *session.notes[:1])))
    finally:
        for recorder in session.recorders:
            recorder.close()
    _end(session)


def _has_ended(store: RunStore, run_id: str) -> bool:
    """Whether a run has a result; what a kill left of its checkpoints is then removed if it has finished."""
    result = store.result(run_id)
    if result is not None and result["status"] == "finished":
        remove_checkpoints(store.folder(run_id))
    return result is not None


def _train_a_while(session: StackSession, interrupted: Callable[[], bool]) -> bool:
    """Train and record for `CHECKPOINT_INTERVAL` seconds, then save; return whether `interrupted` ended it early."""
    state, configs = session.state, session.configs
    begun, due, stopped = state.step, time.monotonic() + CHECKPOINT_INTERVAL, False

    def leave() -> bool:
        nonlocal stopped
        if state.step > begun and time.monotonic() > due:
            return True
        stopped = interrupted()
        return stopped

    for snapshot in train(
        state,
        session.dataset,
        [config.objective for config in configs],
        session.config.training,
        [config.seed for config in configs],
        perturb=session.perturb,
        probe=session.probe,
        probe_every=session.config.probe_interval,
        interrupted=leave,
    ):
        session.recorders[snapshot.member].append(snapshot)
    for member in state.active if state.step > begun else ():
        session.recorders[member].sync()
        recorded = session.recorders[member].chain
        save_checkpoint(session.folders[member], state, member, session.dataset.digest, recorded)
    return stopped


def _end(session: StackSession) -> None:
    """Write the results of runs that diverged and of runs that reached the last step."""
    state, folders = session.state, session.folders
    for member, divergence in state.diverged.items():
        write_result(folders[member], {"status": "failed", "error": str(divergence)}, state.step, state.seconds)
    for member in state.active if state.step == session.last_step else ():
        weights = {name: value[member].detach().cpu().numpy() for name, value in state.stack.weights.items()}
        save_model(folders[member], weights, session.configs[member])
        accuracy = measure_clean_accuracy(state.stack.select([member]), session.dataset)
        result = {"status": "finished", **accuracy, "bit_exact": session.bit_exact[member]}
        write_result(folders[member], result, state.step, state.seconds)
        remove_checkpoints(folders[member])
