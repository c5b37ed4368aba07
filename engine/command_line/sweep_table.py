"""Table that `sweep` prints: a row per point, with its run numbers over seeds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from engine.formatting import MISSING
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport
from engine.robustness.statistics import summarize_seeds
from engine.studies.run_numbers import CLEAN_ACCURACY, is_running_away, run_numbers
from engine.studies.study import StudyProgress

HEADS = {key: quantity.phrase + (" %" if quantity.is_count else "") for key, quantity in QUANTITIES.items()}
HEADS[CLEAN_ACCURACY] = "clean"
"""Key of a run number -> title of its column; columns of attacks have the attack's name."""


def point_documents(
    progress: StudyProgress,
    runs: Mapping[str, RunOverview],
    reports: Mapping[str, RobustnessReport],
    attacks: Sequence[str],
) -> list[dict[str, Any]]:
    """One JSON object per λ and μ, in the order of the sweep: its runs, and the run numbers of those that finished.

    Args:
        runs, reports: by run id; runs without one are missing.
    """
    groups = defaultdict(list)
    for step in progress.steps:
        groups[step.config.objective.l1_strength, step.config.objective.l2_strength].append(step)
    documents = []
    for (l1, l2), steps in groups.items():
        done = [runs[step.run_id] for step in steps if step.run_id in runs and runs[step.run_id].status == "finished"]
        numbers = [run_numbers(run, reports.get(run.run_id), run.config.conv_layers[0]) for run in done]
        names = {key: quantity.number for key, quantity in QUANTITIES.items()}
        names |= {name: name for name in (CLEAN_ACCURACY, *attacks)}
        documents.append(
            {
                "l1": l1,
                "mu": 0.0 - l2,
                "runs": [{"run_id": step.run_id, "seed": step.config.seed, "status": step.status} for step in steps],
                "running_away": sum(is_running_away(run, run.config.conv_layers[0]) for run in done),
                "figures": {key: _summary(numbers, name) for key, name in names.items()},
            }
        )
    return documents


def print_points(documents: Sequence[dict[str, Any]]) -> None:
    """Print the points as a table; standard deviations over seeds divide by n - 1."""
    if not documents:
        return
    names = list(documents[0]["figures"])
    head = ["λ", "μ", "seeds", *(HEADS.get(name, name) for name in names)]
    rows = [[f"{d['l1']:g}", f"{d['mu']:g}", _seeds(d), *(_cell(d, name) for name in names)] for d in documents]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    if any(document["running_away"] for document in documents):
        print("* beyond λ/(2μ): the penalty pushes these weights outward without bound.")
    if any(run["status"] == "failed" for document in documents for run in document["runs"]):
        print("Some runs failed, as happens when weights pass the limit. `python -m engine runs RUN_ID` says why.")


def _summary(numbers: Sequence[Mapping[str, float]], name: str) -> dict[str, Any] | None:
    values = [found[name] for found in numbers if name in found]
    if not values:
        return None
    found = summarize_seeds(values)
    return {"n": found.n, "mean": found.mean, "std": found.std}


def _seeds(document: dict[str, Any]) -> str:
    statuses = [run["status"] for run in document["runs"]]
    failed = statuses.count("failed")
    return f"{statuses.count('finished')} of {len(statuses)}" + (f", {failed} failed" if failed else "")


def _cell(document: dict[str, Any], name: str) -> str:
    found = document["figures"][name]
    if found is None:
        return MISSING
    quantity = QUANTITIES.get(name)
    scale, digits = (100, 1) if quantity is None or quantity.is_count else (1, quantity.digits)
    text = f"{scale * found['mean']:.{digits}f}"
    if found["std"] is not None:
        text += f" ± {scale * found['std']:.{digits}f}"
    return f"{text} *" if name == "largest_weight" and document["running_away"] else text
