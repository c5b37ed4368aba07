"""The recorded runs that come with the project: whole, consistent with themselves, and small."""

import numpy as np
import pytest

from engine.minmax.fuzziness import fuzziness, near_zero_count
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig
from engine.runs.overview import list_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import adversarial_path, load_weights
from engine.runs.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore
from engine.runs.variants import VARIANTS

STORE = RunStore(SHIPPED)
RUN_IDS = STORE.run_ids()


def test_there_is_one_run_per_variant_in_a_few_megabytes():
    runs, problems = list_runs(STORE, RunQueue(SHIPPED))
    assert problems == []
    assert sorted(run.config.variant for run in runs) == sorted(VARIANTS)
    assert {(run.status, run.config.dataset, run.config.length) for run in runs} == {("finished", "mnist", "10 epochs")}
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 10e6


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_records_and_weights_agree(run_id):
    folder, config = STORE.folder(run_id), STORE.config(run_id)
    assert isinstance(config, RunConfig)
    records, final = read_metrics(folder), load_weights(folder)
    assert len(records) == 10 * config.training.snapshots_per_epoch + 1
    for layer in config.conv_layers:
        rows = read_conv_weights(folder, layer)
        np.testing.assert_array_equal(rows[-1], final[f"{layer}.weight"].ravel())
        for record, row in zip(records, rows, strict=True):
            assert record["fuzziness"][layer] == pytest.approx(float(fuzziness(row)), rel=1e-12)
            assert record["near_zero"][layer] == near_zero_count(row)


@pytest.mark.parametrize("run_id", RUN_IDS)
def test_reports_and_predictions_agree(run_id):
    folder = STORE.folder(run_id)
    paths = STORE.report_paths(run_id)
    assert len(paths) == 7
    for path in paths:
        report = RobustnessReport.model_validate_json(path.read_bytes())
        assert report.n_invalid == 0
        clean = np.load(adversarial_path(folder, path.stem, "none"))
        right = clean["predictions"] == clean["labels"]
        assert right.mean() == pytest.approx(report.clean_accuracy)
        for result in report.attacks:
            found = np.load(adversarial_path(folder, path.stem, result.attack.name))
            survives = right & (found["predictions"] == clean["labels"])
            assert survives.mean() == pytest.approx(result.robust_accuracy)
            kept = found["adversarial_images"]
            assert len(kept) == 32 and kept.min() >= 0 and kept.max() <= 1
            if result.threat:
                originals = clean["adversarial_images"]
                assert result.threat.within_budget(originals, kept, RunConfig(dataset="mnist").dataset_spec.std).all()
