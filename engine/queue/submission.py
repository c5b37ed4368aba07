"""Requests of pages and commands, turned into rows of the queue."""

import os
from collections.abc import Sequence

from engine.errors import InputError
from engine.measurements.images import check_test_data_at_hand
from engine.measurements.request import Measurement
from engine.queue.job import ACTIVE, WAITING, Place
from engine.queue.run_queue import RunQueue
from engine.runs.config import RunConfig
from engine.runs.run_data import check_data_at_hand
from engine.runs.run_files import MODEL, RESULT
from engine.runs.store import RunStore, is_run


def submit_runs(store: RunStore, queue: RunQueue, configs: Sequence[RunConfig], place: Place) -> list[str]:
    """Queue the training of all configs that are not trained yet, and return the run ids of all configs.

    A finished run is not trained again, nor is a recorded run of the project that has weights. A stopped, interrupted
    or failed run resumes.

    Raises:
        InputError: the data folder has other images than those that a run is named after or started with.
    """
    untrained = [config for config in configs if not is_trained(store, config)]
    for config in untrained:
        check_data_at_hand(store.path(config.run_id), config, place.data_dir)
    store.prepare()
    for config in untrained:
        _start(store, queue, config, place)
    return [config.run_id for config in configs]


def _start(store: RunStore, queue: RunQueue, config: RunConfig, place: Place) -> None:
    """Create a run and queue its training together, so that no deletion comes in between; on an error, do neither."""
    is_new = not is_run(store.root / config.run_id)
    try:
        with queue.transaction():
            store.create(config)
            start_run(queue, config, place)
    except BaseException:
        if is_new and os.path.lexists(store.root / config.run_id):
            with queue.transaction():
                if queue.job(config.run_id) is None:  # else another process has launched it meanwhile
                    store.discard(config.run_id)
        raise


def is_trained(store: RunStore, config: RunConfig) -> bool:
    """Whether nothing is left to train: the run has finished or diverged, or is shipped with its weights.

    Raises:
        DamagedFile: the run exists, but its config or its result cannot be read.
    """
    folder = store.path(config.run_id)
    if not is_run(folder):
        return False
    store.config(config.run_id)
    if store.is_shipped(config.run_id):
        return (folder / MODEL).exists()
    return store.result(config.run_id) is not None


def submit_measurement(
    store: RunStore,
    queue: RunQueue,
    run_id: str,
    request: Measurement,
    place: Place,
    *,
    after_training: bool = False,
) -> str:
    """Queue a measurement and return the id of its job. Repeating one is cheap, since attacks are cached.

    A shipped run is copied into the store, and the copy is measured.

    Args:
        place: the folder of the data, and the device to measure on.
        after_training: whether to accept a run that is still in training; it is measured afterwards.

    Raises:
        InputError: the run does not exist, or it has no final weights and there is no training to wait for, or it was
            trained on other data than those in the data folder.
    """
    request = request.on_data(store.config(run_id).dataset, place.data_dir)
    check_test_data_at_hand(store, run_id, request, place.data_dir)
    job_id = request.job_id(run_id)
    store.prepare()
    with queue.transaction():  # no deletion comes in between
        training = queue.job(run_id) if after_training else None
        if training is None or training.status not in WAITING + ACTIVE:
            check_finished(store, run_id)
        store.own_folder(run_id)
        if not queue.submit(job_id, request.kind, run_id, request.model_dump(mode="json"), place):
            queue.resume(job_id, place)
    return job_id


def check_finished(store: RunStore, run_id: str) -> None:
    """Raise InputError if the run does not exist or has no final weights, and DamagedFile if its result is damaged."""
    folder, result = store.folder(run_id), store.result(run_id)
    if not os.path.lexists(folder / MODEL):
        if result and result["status"] == "finished":
            remedy = "Launch the same run here: its weights are then kept."
            if not store.is_shipped(run_id):
                remedy = f"Delete this copy first. {remedy}"
            raise InputError("a run with its weights", f"{run_id}, which was recorded without them", remedy)
        remedy = "Let it finish first, or evaluate its current checkpoint: evaluate --now."
        raise InputError("a finished run", f"{run_id}, which has no final weights yet", remedy)


def start_run(queue: RunQueue, config: RunConfig, place: Place) -> None:
    """Queue the training of an existing run, or queue it again."""
    run_id, place = config.run_id, place_of_run(config, place)
    if not queue.submit(run_id, "train", run_id, {}, place):
        queue.resume(run_id, place)


def place_of_run(config: RunConfig, place: Place) -> Place:
    """Place of a run's training: the device of its config comes first."""
    return place if config.device == "auto" else Place(place.data_dir, config.device)


def retry_run(store: RunStore, queue: RunQueue, run_id: str, place: Place) -> None:
    """Resume a stopped, interrupted or failed run from its last checkpoint.

    Raises:
        InputError: the run does not exist, its weights were imported, or it started with other images.
    """
    if _is_finished(store, run_id):
        return
    config = store.training_config(run_id)
    check_data_at_hand(store.folder(run_id), config, place.data_dir)
    with queue.transaction():  # neither a deletion nor the end of the training comes in between
        if not _is_finished(store, run_id):
            (store.folder(run_id) / RESULT).unlink(missing_ok=True)
            start_run(queue, config, place)


def _is_finished(store: RunStore, run_id: str) -> bool:
    """Whether a run has finished; InputError if it does not exist, DamagedFile if its config or result is damaged."""
    store.config(run_id)
    result = store.result(run_id)
    return result is not None and result["status"] == "finished"
