"""Access to the runs of the store and to the recorded runs."""

import warnings
from pathlib import Path

from engine.data.catalog import dataset_spec
from engine.errors import InputError
from engine.interface.laboratory import open_laboratory
from engine.interface.run import Run
from engine.queue import overview
from engine.runs.variants import CUSTOM, VARIANTS


def load_run(run_id: str, *, store: Path | str | None = None, data: Path | str | None = None) -> Run:
    """The run with this id.

    Args:
        store: folder of runs; the default is the environment variable MINMAX_STORE, else the checkout's `checkpoints`.
        data: folder of data sets; the default is MINMAX_DATA, else the checkout's `data`.

    Raises:
        InputError: the run does not exist, or its description is damaged or of a newer version.

    >>> engine.load_run("mnist-std-l1-0000000000")
    Traceback (most recent call last):
    ...
    engine.errors.InputError: Expected the id of a run in ..., got 'mnist-std-l1-0000000000'. ...
    """
    run = Run(run_id, open_laboratory(store, data))
    run.laboratory.store.config(run_id)
    return run


def list_runs(
    *,
    dataset: str | None = None,
    variant: str | None = None,
    status: overview.RunStatus | None = None,
    store: Path | str | None = None,
    data: Path | str | None = None,
) -> list[Run]:
    """All matching runs, newest first, followed by the recorded runs that come with the project.

    A run that cannot be read is skipped with a warning.

    Args:
        dataset, variant, status: return only runs with this value; None means all.
        store, data: as in `engine.load_run`.

    Raises:
        InputError: the data set, variant or status is unknown.

    >>> runs = engine.list_runs(dataset="mnist", variant="adv")
    >>> sorted(run.label for run in runs)
    ['Adv · seed 0', 'Adv · seed 1', 'Adv · seed 2']
    """
    if dataset is not None:
        dataset_spec(dataset)
    _check("a variant", variant, (*VARIANTS, CUSTOM))
    _check("a status", status, overview.RUN_STATUSES)
    laboratory = open_laboratory(store, data)
    found, problems = overview.list_runs(laboratory.store, laboratory.queue)
    for problem in problems:
        warnings.warn(problem.sentence, stacklevel=2)
    return [
        Run(run.run_id, laboratory)
        for run in found
        if dataset in (None, run.config.dataset)
        and variant in (None, run.config.variant)
        and status in (None, run.status)
    ]


def _check(what: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise InputError(f"{what}, one of {', '.join(known)}", repr(value), "Choose one of these names.")
