"""The recorded runs that come with the project: whole, consistent with themselves, and small."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from engine.attacks.catalog import PAPER_ATTACKS, STRONG_ATTACKS, counts_any_size
from engine.measurements.curve.read import read_curves
from engine.measurements.diagnosis.read import read_diagnosis
from engine.measurements.evaluation.read import read_reports
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import WORST_CASE, read_survivors
from engine.measurements.transfer.read import read_transfers
from engine.minmax.fuzziness import fuzziness, near_zero_count
from engine.paper.claims import judge_claims
from engine.paper.distance import rank_candidates
from engine.paper.evidence import Reports, RunIndex, gather
from engine.paper.setting import SETTINGS
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import adversarial_path, load_weights
from engine.runs.store import SHIPPED, RunStore
from engine.runs.variants import VARIANTS

STORE = RunStore(SHIPPED)
RUNS, PROBLEMS = list_runs(STORE, RunQueue(SHIPPED))
RUN_IDS = [run.run_id for run in RUNS]
FILM = [
    run.run_id for run in RUNS if isinstance(run.config, RunConfig) and run.config.training.snapshots_per_epoch == 5
]
"""The five that were watched most closely, and measured in every way."""


def test_all_are_finished_and_small():
    assert PROBLEMS == [] and {run.status for run in RUNS} == {"finished"}
    assert sorted(STORE.config(run_id).variant for run_id in FILM) == sorted(VARIANTS)
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 22e6


@pytest.fixture(scope="module")
def archive() -> tuple[RunIndex, Callable[[str], Reports]]:
    """All recorded runs, and their reports."""

    @cache
    def reports_of(run_id: str) -> Reports:
        return read_reports(STORE, run_id)

    return RunIndex(RUNS), reports_of


def test_the_paper_page_has_its_cells(archive):
    mnist = gather(SETTINGS["mnist"], *archive)
    assert {variant: list(seeds) for variant, seeds in mnist.runs.items()} == dict.fromkeys(VARIANTS, [0, 1, 2])
    assert all(len(cell.ours.by_seed) == 3 for cell in mnist.cells)
    first, second, *_ = judge_claims(mnist, lambda run_id: None)
    assert first.verdict == second.verdict == "supported", "as docs/findings.md says"
    cifar = gather(SETTINGS["cifar10"], *archive)
    unanswered = {cell.printed.variant for cell in cifar.cells if not cell.ours.by_seed}
    assert unanswered == {"adv"}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_presets_are_the_closest_to_the_print(archive, name):
    closest = rank_candidates(SETTINGS[name], *archive, complete=True)[0]
    assert closest.setting == SETTINGS[name]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.run_id)
def test_records_and_weights_agree(run):
    folder, config = STORE.folder(run.run_id), run.config
    assert isinstance(config, RunConfig)
    records = read_metrics(folder)
    assert records[0]["epoch"] == 0.0 and records[-1]["epoch"] == config.training.epochs
    assert run.result["conv1_fuzziness"] == records[-1]["fuzziness"]["conv1"]
    for layer in config.conv_layers if run.has_weights else config.conv_layers[:1]:
        rows = read_conv_weights(folder, layer)
        for record, row in zip(records, rows, strict=True):
            assert record["fuzziness"][layer] == pytest.approx(float(fuzziness(row)), rel=1e-12)
            assert record["near_zero"][layer] == near_zero_count(row)
        if run.has_weights:
            np.testing.assert_array_equal(rows[-1], load_weights(folder)[f"{layer}.weight"].ravel())


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_reports_are_valid_and_whole(run_id):
    paths = STORE.report_paths(run_id)
    assert paths, "every recorded run was attacked"
    for path in paths:
        report = RobustnessReport.model_validate_json(path.read_bytes())
        assert report.n_invalid == 0
        assert path.stem == EvaluationRequest(samples=report.samples or report.n, threat=report.threat).protocol_id
        assert report.robust_accuracy <= min(
            result.robust_accuracy for result in report.attacks if not counts_any_size(result.attack, report.threat)
        )


@pytest.mark.parametrize("run_id", FILM)
def test_reports_and_predictions_agree(run_id):
    folder = STORE.folder(run_id)
    paths = STORE.report_paths(run_id)
    assert len(paths) == 7
    for path in paths:
        report = RobustnessReport.model_validate_json(path.read_bytes())
        clean = np.load(adversarial_path(folder, path.stem, "none"))
        right = clean["predictions"] == clean["labels"]
        assert right.mean() == pytest.approx(report.clean_accuracy)
        for result in report.attacks:
            found = np.load(adversarial_path(folder, path.stem, result.attack.name))
            broken = (found["predictions"] != clean["labels"]) & found["is_adversarial"]
            if not counts_any_size(result.attack, report.threat):
                broken &= found["is_within"]
            assert (right & ~broken).mean() == pytest.approx(result.robust_accuracy)
            kept = found["adversarial_images"]
            assert len(kept) == 32 and kept.min() >= 0 and kept.max() <= 1
            if result.threat:
                originals = clean["adversarial_images"]
                assert result.threat.within_budget(originals, kept, RunConfig(dataset="mnist").dataset_spec.std).all()


@pytest.mark.parametrize("run_id", FILM)
def test_the_headline_is_checked_and_strong(run_id):
    reports = [RobustnessReport.model_validate_json(path.read_bytes()) for path in STORE.report_paths(run_id)]
    (headline,) = (report for report in reports if report.n == 500)
    assert {*PAPER_ATTACKS, *STRONG_ATTACKS} <= headline.robust_accuracy_by_attack.keys()
    protocol = EvaluationRequest(samples=headline.n, threat=headline.threat).protocol_id
    diagnosis = read_diagnosis(STORE, run_id, protocol)
    assert diagnosis is not None and diagnosis.robust_accuracy == headline.robust_accuracy
    assert not diagnosis.having("not run")
    verdicts = read_survivors(STORE, run_id, protocol)
    assert verdicts is not None and verdicts[WORST_CASE].mean() == pytest.approx(headline.robust_accuracy)
    (curve,) = read_curves(STORE, run_id)[:1]
    assert curve.accuracies[0] == curve.clean_accuracy and curve.accuracies[-1] == 0.0
    transfers = read_transfers(STORE, run_id)
    assert {target for _, _, target in transfers} == set(FILM)
