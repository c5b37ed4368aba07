"""Results of an evaluation for each image, read for paired comparisons. No torch."""

from pathlib import Path

import numpy as np

from engine.attacks.catalog import has_cell
from engine.documents import usable
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.robustness.report import Judgement, RobustnessReport, still_correct, worst_case
from engine.runs.run_files import adversarial_path, evaluation_path
from engine.runs.store import RunStore

CLEAN, WORST_CASE = "none", "worst case"
_JUDGEMENT = ("is_valid", "is_adversarial", "is_within", "linf", "l2")


def read_survivors(store: RunStore, run_id: str, protocol_id: str) -> dict[str, np.ndarray] | None:
    """Images that are still classified correctly: CLEAN, each attack that has a cell, WORST_CASE -> (n,) bool.

    None if the run was not evaluated under this protocol, or its files are damaged (`run_problems` names them) or of
    an older version.
    """
    folder = store.path(run_id)
    report = usable(read_report, evaluation_path(folder, protocol_id))
    if report is None:
        return None
    try:
        return _survivors(folder, protocol_id, report)
    except (OSError, ValueError, KeyError):
        return None


def _survivors(folder: Path, protocol_id: str, report: RobustnessReport) -> dict[str, np.ndarray]:
    clean = read_evaluated(adversarial_path(folder, protocol_id, CLEAN), ("predictions", "labels").__contains__)
    correct, found, judgements = clean["predictions"] == clean["labels"], {}, []
    if len(correct) != report.n:
        raise ValueError(f"expected {report.n} images, got {len(correct)}")
    for result in report.attacks:
        judgement = read_judgement(adversarial_path(folder, protocol_id, result.attack.name))
        judgements.append(judgement)
        if has_cell(result.attack, report.threat):
            found[result.attack.name] = still_correct(correct, judgement.breaks_cell(result.attack, report.threat))
    return {CLEAN: correct, **found, WORST_CASE: worst_case(correct, judgements)}


def read_judgement(path: Path) -> Judgement:
    """Effect of one attack on each image, from the file at its `adversarial_path`.

    Raises:
        OSError, ValueError, KeyError: the file does not exist, is damaged or of an older version.
    """
    arrays = read_evaluated(path, _JUDGEMENT.__contains__)
    arrays.setdefault("is_valid", np.isfinite(arrays["linf"]))  # missing in files of the first versions
    return Judgement(**{name: arrays[name] for name in _JUDGEMENT})
