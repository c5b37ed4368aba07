"""The checks of a run, stored beside the evaluation that they check."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.attacks.threat import ThreatModel
from engine.diagnostics.checks import CHECKS
from engine.diagnostics.effort import Effort
from engine.errors import DamagedFile, InputError
from engine.measurements.diagnosis.measure import choose_reference, diagnose_run
from engine.measurements.diagnosis.read import read_diagnosis, usable_diagnosis
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import RunConfig
from engine.runs.experiment import train_runs
from engine.runs.run_files import RESULT, diagnosis_path
from engine.runs.store import RunStore

EFFORT = Effort(steps=10, starts=1, tried=5, shown=5, queries=20, queried=5, noises=10, noised=5, far_steps=50)
THREAT = ThreatModel(epsilon=0.1)
REQUEST = DiagnosisRequest(samples=20, threat=THREAT)
PENALTY = ObjectiveConfig(l1_strength=0.02)


def train(store: RunStore, data: Path, *configs: RunConfig) -> list[str]:
    names = [store.create(config).name for config in configs]
    for name in names:
        for _ in train_runs(store, [name], data, "cpu", lambda: False):
            pass
    return names


def test_what_a_diagnosis_leaves(store, few_images, tiny):
    subject, reference = train(store, few_images, tiny(seed=0, objective=PENALTY), tiny(seed=1))
    assert read_diagnosis(store, subject, REQUEST.protocol_id) is None
    alone = diagnose_run(store, subject, REQUEST, few_images, "cpu", effort=EFFORT)
    found = {finding.name: finding for finding in alone.findings}
    assert list(found) == [check.name for check in CHECKS]
    assert (alone.n, alone.samples, alone.threat, alone.reference) == (20, 20, THREAT, reference)
    assert alone.robust_accuracy is None and found["upper_bound"].verdict == "not run"
    assert found["transfer"].verdict != "not run" and reference in found["transfer"].evidence
    assert read_diagnosis(store, subject, REQUEST.protocol_id) == alone

    evaluation = EvaluationRequest(samples=20, threat=THREAT, attacks=("fgsm",))
    report = evaluate_run(store, subject, evaluation, few_images, "cpu")
    judged = diagnose_run(store, subject, REQUEST, few_images, "cpu", effort=EFFORT)
    found = {finding.name: finding for finding in judged.findings}
    assert judged.robust_accuracy == report.robust_accuracy == found["worst_case"].values["recounted"]
    assert found["worst_case"].verdict == "ok" and found["upper_bound"].verdict in ("ok", "failed")
    assert found["upper_bound"].values["reported"] == report.robust_accuracy
    assert read_diagnosis(store, subject, REQUEST.protocol_id) == judged
    other = REQUEST.model_copy(update={"seed": 1})
    assert read_diagnosis(store, subject, other.protocol_id) is None


def test_stopped_on_the_way_it_leaves_nothing(store, few_images, tiny):
    (subject,) = train(store, few_images, tiny())
    words: list[str] = []

    def stop(fraction: float, word: str) -> None:
        words.append(word)
        if fraction > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        diagnose_run(store, subject, REQUEST, few_images, "cpu", stop, EFFORT)
    assert words and not (store.root / subject / "diagnoses").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"threat": 3}', b"\xff\x00"])
def test_a_damaged_file_is_no_diagnosis(store, tiny, content):
    folder = store.create(tiny())
    path = diagnosis_path(folder, REQUEST.protocol_id)
    path.parent.mkdir()
    assert read_diagnosis(store, folder.name, REQUEST.protocol_id) is None
    path.write_bytes(content)
    assert usable_diagnosis(store, folder.name, REQUEST.protocol_id) is None
    with pytest.raises(DamagedFile, match=f"{path.name}.*check the run again"):
        read_diagnosis(store, folder.name, REQUEST.protocol_id)


def test_the_reference_is_a_finished_std_run_of_another_seed(store, few_images, tiny):
    subject, same, other = tiny(seed=0), tiny({"learning_rate": 2e-3}, seed=0), tiny(seed=1)
    train(store, few_images, subject)
    assert choose_reference(store, subject.run_id) is None, "never itself"
    store.create(other)
    assert choose_reference(store, subject.run_id) is None, "not finished"
    train(store, few_images, same, tiny(seed=2, objective=PENALTY), tiny(seed=2, architecture="advertorch-lenet5"))
    assert choose_reference(store, subject.run_id) == same.run_id
    train(store, few_images, other)
    assert choose_reference(store, subject.run_id) == other.run_id
    longer = tiny({"epochs": 2}, seed=3)
    train(store, few_images, longer)
    assert choose_reference(store, subject.run_id) == longer.run_id
    (store.root / longer.run_id / "config.json").write_text("{}")
    assert choose_reference(store, subject.run_id) == other.run_id


def test_an_unfinished_run_has_nothing_to_check(store, few_images, tiny):
    name = store.create(tiny()).name
    assert not (store.root / name / RESULT).exists()
    with pytest.raises(InputError, match="finish"):
        diagnose_run(store, name, REQUEST, few_images, "cpu", effort=EFFORT)


def test_reading_findings_and_rules_needs_no_torch():
    code = "import sys, engine.measurements.diagnosis.read, engine.diagnostics.checks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
