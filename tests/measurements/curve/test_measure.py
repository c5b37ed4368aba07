"""Curves of a trained run: traced, stored and read; and curves from the distances of an evaluation."""

import os
import shutil

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.documents import read_json, write_json
from engine.errors import InputError
from engine.measurements.curve.measure import trace_curve
from engine.measurements.curve.read import curve_paths, read_curve, read_curves, read_thresholds
from engine.measurements.curve.request import CURVE_ATTACKS, CurveRequest, paper_step
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.kinds import measure
from engine.minmax.threshold import pixel_thresholds
from engine.queue.job import Place
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from engine.runs.experiment import train_runs
from engine.runs.run_files import adversarial_path, curve_path, load_weights, read_arrays, save_model
from engine.runs.store import RunStore
from engine.validation import validated
from tests.small_runs import THREAT

REQUEST = CurveRequest(attack="fgsm", samples=30, threat=ThreatModel(epsilon=0.4))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny, few_images):
    """A store with one trained run, not to be changed."""
    store = RunStore(tmp_path_factory.mktemp("trained"))
    config = tiny({"epochs": 4, "learning_rate": 0.003, "batch_size": 32})
    store.create(config)
    list(train_runs(store, [config.run_id], few_images, "cpu"))
    return store, config.run_id


@pytest.fixture
def run(trained, store):
    shutil.copytree(trained[0].path(trained[1]), store.root / trained[1])
    return trained[1]


def test_a_curve_begins_at_the_clean_accuracy_and_is_read_back(store, run, few_images):
    seen = []
    found = trace_curve(store, run, REQUEST, few_images, "cpu", lambda fraction, words: seen.append(words))
    report = evaluate_run(
        store, run, EvaluationRequest(attacks=("fgsm",), samples=30, threat=REQUEST.threat), few_images, "cpu"
    )
    assert found.clean_accuracy == report.clean_accuracy > 0.3
    assert found.sample_ids == report.sample_ids and found.n == 30
    assert found.accuracies[1] == report.robust_accuracy < found.clean_accuracy
    assert np.all(np.diff(found.accuracies) <= 0) and seen[-1].startswith(f"ε = {found.epsilons[-1]:g}: ")
    assert found.pixel_scale == (0.3081,)
    assert read_curve(store, run, REQUEST) == found
    assert read_curves(store, run) == [found]
    assert trace_curve(store, run, REQUEST, few_images, "cpu") == found


def test_the_queue_traces_it(store, queue: RunQueue, run, few_images):
    job_id = submit_measurement(store, queue, run, REQUEST, Place(few_images))
    job = queue.job(job_id)
    assert job is not None and job.kind == "curve"
    measure(store, job.kind, job.run_id, job.payload, few_images, "cpu", lambda fraction, words: None)
    assert read_curve(store, run, REQUEST) is not None


def test_what_came_with_the_project_is_copied_first(trained, few_images, tmp_path):
    shipped, run = trained
    store = RunStore(tmp_path / "own", shipped.root)
    store.prepare()
    trace_curve(store, run, REQUEST, few_images, "cpu")
    assert curve_path(store.root / run, REQUEST.curve_id).exists()
    assert not curve_path(shipped.path(run), REQUEST.curve_id).exists()


def test_distances_of_an_evaluation_are_a_curve_once(store, run, few_images):
    threats = (ThreatModel(epsilon=0.1), ThreatModel(epsilon=0.3))
    for threat in threats:
        evaluate_run(
            store, run, EvaluationRequest(attacks=("fgsm", "deepfool"), samples=4, threat=threat), few_images, "cpu"
        )
    (found,) = read_curves(store, run)
    with np.load(next((store.path(run) / "adversarial").glob("*-deepfool.npz"))) as arrays:
        sizes, success = arrays["l2"], arrays["is_adversarial"]
    assert found.attack.name == "deepfool" and found.threat.norm == "l2" and found.n == 4
    for broken_at, size, broken in zip(found.broken_at, sizes, success, strict=True):
        assert broken_at == (pytest.approx(size, rel=1e-6) if broken else None)
    assert found.ended == ("nothing left" if success.all() else "not found")


def test_distances_that_broke_the_rules_are_counted(store, run, few_images):
    request = EvaluationRequest(attacks=("deepfool",), samples=5, threat=THREAT)
    report = evaluate_run(store, run, request, few_images, "cpu")
    path = adversarial_path(store.path(run), request.protocol_id, "deepfool")
    arrays = read_arrays(path)
    assert arrays["is_valid"].all() and read_curves(store, run)[0].n_invalid == report.n_invalid == 0
    attacked = int(np.flatnonzero(arrays["is_adversarial"])[0])
    for name in ("is_valid", "is_adversarial"):
        arrays[name][attacked] = False
    np.savez(path, **arrays)
    assert read_curves(store, run)[0].n_invalid == 1
    del arrays["is_valid"]
    np.savez(path, **arrays)
    assert read_curves(store, run)[0].broken_at[attacked] is None, "of the version before"


def test_files_that_cannot_be_read_are_passed_over(store, run, few_images):
    found = trace_curve(store, run, REQUEST, few_images, "cpu")
    path = curve_path(store.path(run), "damaged")
    path.write_text("{")
    document = read_json(curve_path(store.path(run), REQUEST.curve_id)) or {}
    write_json(path.with_name("newer.json"), document | {"unknown": 1})
    assert read_curves(store, run) == [found] and len(curve_paths(store, run)) == 3
    evaluation = EvaluationRequest(attacks=("deepfool",), samples=5, threat=THREAT)
    evaluate_run(store, run, evaluation, few_images, "cpu")
    assert len(read_curves(store, run)) == 2
    os.truncate(next((store.path(run) / "adversarial").glob("*-deepfool.npz")), 100)
    assert read_curves(store, run) == [found]
    assert read_curves(store, "no-such-run") == []


def test_thresholds_are_those_of_the_first_convolution(store, run):
    config, weights = store.config(run), load_weights(store.path(run))
    assert read_thresholds(store, run) == []
    weights["conv1.weight"][3] = 0.0
    weights["conv1.weight"][3, 0, 2, 2], weights["conv1.bias"][3] = 5.0, 0.05
    save_model(store.path(run), weights, config)
    spec = config.dataset_spec
    expected = pixel_thresholds(weights["conv1.weight"], weights["conv1.bias"], spec.mean, spec.std)
    assert read_thresholds(store, run) == expected
    assert [found.pixel for found in expected] == pytest.approx([0.1307 - 0.3081 * 0.01])
    (store.path(run) / "model.safetensors").unlink()
    assert read_thresholds(store, run) == []


def test_a_network_that_takes_pixels_as_they_are(store, tiny):
    config = tiny(architecture="madry-cnn")
    folder = store.create(config)
    weights = {"conv1.weight": np.zeros((2, 1, 5, 5), np.float32), "conv1.bias": np.array([-0.5, 0.0], np.float32)}
    weights["conv1.weight"][0, 0, 1, 1] = 2.0
    save_model(folder, weights, config)
    assert [found.pixel for found in read_thresholds(store, config.run_id)] == pytest.approx([0.25])


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"attack": "cw"}, "which minimizes"),
        ({"attack": "pgdd"}, "an attack, one of"),
        ({"threat": ThreatModel(epsilon=0.0)}, "a step of ε"),
        ({"threat": ThreatModel(epsilon=1e-7)}, "a step of ε"),
        ({"samples": 0}, "samples"),
    ],
)
def test_what_cannot_be_traced_is_refused(values, word):
    with pytest.raises(InputError, match=word):
        validated(CurveRequest, **({"threat": THREAT} | values))


def test_another_question_is_another_curve():
    others = ({"attack": "pgd"}, {"samples": 31}, {"seed": 1}, {"threat": ThreatModel(epsilon=0.5)})
    ids = {REQUEST.model_copy(update=change).curve_id for change in others}
    assert len(ids | {REQUEST.curve_id}) == 5
    assert "cw" not in CURVE_ATTACKS and {"pgd", "square", "l2-bim"} <= {*CURVE_ATTACKS}


def test_the_step_is_a_third_of_the_papers_epsilon(tiny):
    assert paper_step(tiny(dataset="mnist").dataset_spec) == 0.1
    assert paper_step(tiny(dataset="cifar10").dataset_spec) == 0.01
