"""Transfer of images from one run to others: the images of an evaluation, classified by the current networks."""

import shutil

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.kinds import read_request
from engine.measurements.transfer.measure import transfer_run
from engine.measurements.transfer.read import decisive_paths, read_transfers
from engine.measurements.transfer.request import TransferRequest
from engine.queue.job import Place
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from engine.robustness import attack_session
from engine.runs.experiment import train_runs
from engine.runs.load_network import load_network
from engine.runs.run_files import MODEL, adversarial_path, evaluation_path, read_arrays, transfer_path
from engine.runs.store import RunStore
from tests.small_runs import THREAT


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny, few_images):
    """Two finished LeNets and a finished network of another architecture; tests get copies."""
    store = RunStore(tmp_path_factory.mktemp("trained"))
    training = {"epochs": 4, "learning_rate": 0.003}
    configs = [tiny(training, seed=seed) for seed in (0, 1)] + [tiny(training, architecture="madry-cnn")]
    for config in configs:
        store.create(config)
        list(train_runs(store, [config.run_id], few_images, "cpu"))
    return store.root, [config.run_id for config in configs]


@pytest.fixture
def laboratory(trained, tmp_path):
    """The store, and the ids of the three runs."""
    shutil.copytree(trained[0], tmp_path / "copy")
    return RunStore(tmp_path / "copy"), trained[1]


def request_for(targets, **changes) -> TransferRequest:
    return TransferRequest(**({"targets": tuple(targets), "samples": 60, "attack": "fgsm", "threat": THREAT} | changes))


def test_a_row_is_what_the_networks_say_to_the_filed_images(laboratory, few_images):
    store, run_ids = laboratory
    request = request_for(run_ids)
    told = []
    row = transfer_run(store, run_ids[0], request, few_images, "cpu", lambda fraction, word: told.append(fraction))
    assert [one.target for one in row] == run_ids and told == sorted(told) and 0 <= told[0] and told[-1] < 1
    folder = store.folder(run_ids[0])
    pictures = read_arrays(adversarial_path(folder, request.protocol_id, "fgsm"))["adversarial_images"]
    clean = read_arrays(adversarial_path(folder, request.protocol_id, "none"))
    for one in row:
        with torch.no_grad():
            logits = load_network(store, one.target, "cpu")(torch.from_numpy(pictures))
        np.testing.assert_array_equal(one.target_adversarial, logits.argmax(1).numpy())
        np.testing.assert_allclose(one.target_probabilities, logits.softmax(1).numpy(), atol=1e-4)
        np.testing.assert_array_equal(one.labels, clean["labels"])
        np.testing.assert_array_equal(one.source_clean, clean["predictions"])
        wrong = np.asarray(one.source_clean) != np.asarray(one.labels)
        assert wrong.any(), "without such images the next line says nothing"
        np.testing.assert_array_equal(np.array(one.target_adversarial)[wrong], np.array(one.target_clean)[wrong])
    report = read_report(evaluation_path(folder, request.protocol_id))
    assert report is not None
    own, other = row[0].figures(), row[1].figures()
    assert own.accuracy == report.robust_accuracy_by_attack["fgsm"] and own.clean_accuracy == report.clean_accuracy
    assert own.n_fooling > 5 and own.rate == 1.0 and other.accuracy > own.accuracy


def test_after_an_evaluation_nothing_is_attacked_again(laboratory, few_images, monkeypatch):
    store, run_ids = laboratory
    request = request_for(run_ids, attack="pgd", samples=30)
    report = evaluate_run(
        store, run_ids[1], EvaluationRequest(attacks=("pgd",), samples=30, threat=THREAT), few_images, "cpu"
    )
    filed = adversarial_path(store.folder(run_ids[1]), request.protocol_id, "pgd")
    before = filed.stat().st_mtime_ns
    monkeypatch.setattr(attack_session, "perturb", lambda **_: pytest.fail("attacked again"))
    row = transfer_run(store, run_ids[1], request, few_images, "cpu")
    assert row[1].figures().accuracy == report.robust_accuracy_by_attack["pgd"]
    assert filed.stat().st_mtime_ns == before


def test_answers_of_other_weights_and_damaged_files_are_not_shown(laboratory, few_images):
    store, run_ids = laboratory
    first, second, third = run_ids
    request = request_for(run_ids)
    transfer_run(store, first, request, few_images, "cpu")
    keys = [(request.protocol_id, "fgsm", target) for target in run_ids]
    found = read_transfers(store, first)
    assert set(found) == set(keys) and found[keys[1]].target == second

    states = decisive_paths(store, first)
    assert {store.folder(run_id) / MODEL for run_id in run_ids} < set(states) and len(states) == 6
    path = transfer_path(store.folder(first), request.protocol_id, "fgsm", third)
    path.write_bytes(path.read_bytes()[:-40])
    assert set(read_transfers(store, first)) == set(keys[:2])

    shutil.copy(store.folder(first) / MODEL, store.folder(second) / MODEL)
    assert set(read_transfers(store, first)) == {keys[0]}
    shutil.copy(store.folder(third) / MODEL, store.folder(first) / MODEL)
    assert read_transfers(store, first) == {}
    store.delete(second)
    assert read_transfers(store, first) == {} and read_transfers(store, third) == {}


def test_unfit_targets_are_refused_before_any_attack(laboratory, few_images, tiny, monkeypatch):
    store, run_ids = laboratory
    monkeypatch.setattr(attack_session, "perturb", lambda **_: pytest.fail("attacked"))
    unfinished, foreign = tiny(seed=7), tiny(dataset="cifar10")
    for config, words in ((unfinished, "finished run"), (foreign, "target runs for mnist-mini")):
        store.create(config)
        with pytest.raises(InputError, match=words):
            transfer_run(store, run_ids[0], request_for([run_ids[0], config.run_id]), few_images, "cpu")
    with pytest.raises(InputError, match="the id of a run"):
        transfer_run(store, run_ids[0], request_for(["nobody"]), few_images, "cpu")
    assert not (store.folder(run_ids[0]) / "transfers").exists()


class Stopped(Exception):
    pass


def test_a_stop_between_targets_keeps_what_is_done(laboratory, few_images):
    store, run_ids = laboratory

    def stop_late(fraction: float, word: str) -> None:
        if word == f"2 of {len(run_ids)} networks done":
            raise Stopped

    with pytest.raises(Stopped):
        transfer_run(store, run_ids[0], request_for(run_ids), few_images, "cpu", stop_late)
    assert {target for _, _, target in read_transfers(store, run_ids[0])} == set(run_ids[:2])


def test_an_evaluation_that_a_kill_ended_is_completed(laboratory, few_images):
    """Its report is written last, so the images may be there without it."""
    store, run_ids = laboratory
    request = request_for(run_ids, attack="pgd")
    transfer_run(store, run_ids[0], request, few_images, "cpu")
    path = evaluation_path(store.folder(run_ids[0]), request.protocol_id)
    before = read_report(path)
    path.unlink()
    transfer_run(store, run_ids[0], request, few_images, "cpu")
    after = read_report(path)
    assert before is not None and after is not None
    assert after.robust_accuracy_by_attack == before.robust_accuracy_by_attack and after.n == before.n


def test_a_shipped_run_stays_as_it_came(trained, tmp_path, few_images):
    root, run_ids = trained
    before = sorted(root.rglob("*"))
    store = RunStore(tmp_path / "own", shipped=root)
    transfer_run(store, run_ids[0], request_for(run_ids[1:]), few_images, "cpu")
    assert sorted(root.rglob("*")) == before
    assert {target for _, _, target in read_transfers(store, run_ids[0])} == set(run_ids[1:])
    assert not store.is_shipped(run_ids[0]) and store.is_shipped(run_ids[1])


def test_a_request_is_a_job_that_finds_its_function(laboratory, few_images):
    store, run_ids = laboratory
    queue, request = RunQueue(store.root), request_for([*run_ids, run_ids[0]])
    assert request.targets == tuple(run_ids)
    job = queue.job(submit_measurement(store, queue, run_ids[0], request, Place(few_images)))
    assert job is not None and job.kind == "transfer" and TransferRequest(**job.payload) == request
    assert read_request(job.kind, job.payload) == request
    assert job.job_id != request_for(run_ids[:2]).job_id(run_ids[0])


@pytest.mark.parametrize("changes", [{"attack": "nothing"}, {"targets": ()}, {"samples": 0}])
def test_requests_that_mean_nothing_are_refused(changes):
    with pytest.raises(ValueError):
        TransferRequest(**({"targets": ("a",), "threat": THREAT} | changes))
