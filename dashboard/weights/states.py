"""Status, progress, newest accuracies and errors of the chosen runs."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.coloring import Styles
from dashboard.frames.histories import column
from dashboard.frames.labels import unique_labels
from dashboard.frames.tables import thin
from dashboard.ui.announcement import announce
from dashboard.ui.errors import draw_error
from dashboard.ui.run_lines import RunLine, run_lines
from engine.formatting import one_line
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

POINTS = 36


def draw_states(runs: Sequence[RunOverview], records: Mapping[str, Sequence[dict]], styles: Styles) -> None:
    """Draw a line per run with its fuzziness over epochs, status, progress and newest accuracies; then errors.

    Args:
        records: run_id -> its snapshots.
    """
    names = unique_labels(runs)
    announce(f"{names[run.run_id]}: {run.status}" for run in runs)
    run_lines([_line(run, names[run.run_id], records[run.run_id], styles) for run in runs], key="states")
    for run in runs:
        if run.error:
            draw_error(f"{names[run.run_id]}: {run.error}" if len(runs) > 1 else run.error)


def _line(run: RunOverview, label: str, records: Sequence[dict], styles: Styles) -> RunLine:
    is_active = run.job is not None and run.status in ("running", "stopping")
    progress = min(run.job.progress, 1.0) if run.job and is_active else None
    curve = fuzziness(run, records).tolist()
    return RunLine(one_line(label), styles[run.run_id].color, curve, one_line(state_words(run)), progress)


def state_words(run: RunOverview) -> str:
    """Progress and newest accuracies of a run; before the first snapshot, its status."""
    if not run.last:
        return f"{run.status}, {run.job.message}" if run.job and run.job.message else run.status
    robust = run.last["robust_accuracy"]
    probe = "" if robust is None else f", under attack {robust:.1%}"
    return f"{standing(run)}: clean {run.last['clean_accuracy']:.1%}{probe}"


def standing(run: RunOverview) -> str:
    """Progress of a run in words."""
    if not isinstance(run.config, RunConfig):
        return run.config.length
    epoch = f"epoch {run.last['epoch']:.1f}" if run.last else "not started"
    if run.is_shipped:
        return f"shipped, {epoch}"
    if run.status in ("running", "stopping"):
        return f"{run.status}, {epoch} of {run.config.training.epochs}"
    return f"{run.status}, {epoch}"


def fuzziness(run: RunOverview, records: Sequence[dict]) -> np.ndarray:
    """Fuzziness of the first convolution at up to POINTS snapshots."""
    if not len(records):
        return np.empty(0)
    values = np.asarray(column(records, "fuzziness", run.config.conv_layers[0]), dtype=float)
    values = values[np.isfinite(values)]
    return values[thin(len(values), POINTS)]
