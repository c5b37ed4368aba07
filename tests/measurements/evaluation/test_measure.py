"""An evaluation reuses earlier results of the same protocol."""

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.measurements.evaluation import files
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import WORST_CASE, read_survivors
from engine.measurements.inspection import run_problems
from engine.robustness import attack_session
from engine.runs.config import RunConfig
from engine.runs.experiment import train_runs
from engine.runs.run_files import adversarial_path, evaluation_path, read_arrays
from engine.runs.store import CACHE, RunStore

REQUEST = EvaluationRequest(attacks=("fgsm", "linf-bim"), samples=20, threat=ThreatModel(epsilon=0.2), kept_images=5)


@pytest.fixture
def run_id(store: RunStore, few_images, tiny) -> str:
    config: RunConfig = tiny(seed=0)
    store.create(config)
    list(train_runs(store, [config.run_id], few_images, "cpu"))
    return config.run_id


@pytest.fixture
def attacked(monkeypatch) -> list[str]:
    """Names of the attacks that ran, batch by batch."""
    names, perturb = [], attack_session.perturb
    monkeypatch.setattr(
        attack_session, "perturb", lambda attack, **rest: names.append(attack.name) or perturb(attack=attack, **rest)
    )
    return names


def test_earlier_attacks_join_without_their_cache(store, few_images, run_id, attacked):
    whole = evaluate_run(
        store, run_id, REQUEST.model_copy(update={"attacks": ("fgsm", "linf-bim", "pgd")}), few_images, "cpu"
    )
    for path in (store.root / run_id / "evaluations").glob("*"):
        path.unlink()
    evaluate_run(store, run_id, REQUEST, few_images, "cpu")
    for path in (store.root / CACHE).rglob("output.pkl"):
        path.unlink()
    attacked.clear()
    joined = evaluate_run(store, run_id, REQUEST.model_copy(update={"attacks": ("pgd",)}), few_images, "cpu")
    assert attacked == ["pgd"]
    untimed = [result.model_copy(update={"seconds": 0.0}) for result in whole.attacks]
    assert [result.model_copy(update={"seconds": 0.0}) for result in joined.attacks] == untimed
    assert joined.robust_accuracy == whole.robust_accuracy < min(whole.robust_accuracy_by_attack.values()) + 1e-9
    verdicts = read_survivors(store, run_id, REQUEST.protocol_id)
    assert verdicts is not None and verdicts[WORST_CASE].mean() == joined.robust_accuracy


def test_a_damaged_report_is_replaced_and_kept(store, few_images, run_id):
    evaluate_run(store, run_id, REQUEST, few_images, "cpu")
    path = evaluation_path(store.folder(run_id), REQUEST.protocol_id)
    harmed = path.read_bytes().replace(b"fgsm", b"fgsn", 1)
    path.write_bytes(harmed)
    evaluate_run(store, run_id, REQUEST.model_copy(update={"attacks": ("pgd",)}), few_images, "cpu")
    assert read_report(path) is not None and path.with_name(f"{path.name}.damaged").read_bytes() == harmed
    assert run_problems(store, run_id) == [] and len(store.report_paths(run_id)) == 1


@pytest.mark.parametrize("harm", ["damaged", "too few pictures", "other images"])
def test_what_cannot_be_joined_is_done_again(store, few_images, run_id, attacked, harm):
    first = evaluate_run(store, run_id, REQUEST, few_images, "cpu")
    folder, request = store.folder(run_id), REQUEST.model_copy(update={"attacks": ("pgd",)})
    if harm == "damaged":
        adversarial_path(folder, REQUEST.protocol_id, "fgsm").write_bytes(b"no archive")
    elif harm == "too few pictures":
        request = request.model_copy(update={"kept_images": 9})
    else:
        path = adversarial_path(folder, REQUEST.protocol_id, "none")
        np.savez_compressed(path, **{**read_arrays(path), "labels": np.zeros(20, np.int64)})
    for path in (store.root / CACHE).rglob("output.pkl"):
        path.unlink()
    attacked.clear()
    report = evaluate_run(store, run_id, request, few_images, "cpu")
    assert set(attacked) == ({"fgsm", "pgd"} if harm == "damaged" else {"fgsm", "linf-bim", "pgd"})
    by_attack = report.robust_accuracy_by_attack
    assert {name: by_attack[name] for name in first.robust_accuracy_by_attack} == first.robust_accuracy_by_attack
    kept = 9 if harm == "too few pictures" else 5
    for name in ("none", *by_attack):
        assert len(read_arrays(adversarial_path(folder, REQUEST.protocol_id, name))["adversarial_images"]) == kept


class Ended(Exception):
    """What a stop, or the end of the process, is in the middle of an attack."""


def test_each_attack_is_there_as_it_ends_the_cheapest_first(store, few_images, run_id):
    """A stop during the second attack leaves the first, and the end is that of an evaluation without a stop."""
    request = REQUEST.model_copy(update={"attacks": ("linf-bim", "fgsm")})
    path, seen = evaluation_path(store.folder(run_id), request.protocol_id), []

    def stop(fraction: float, message: str) -> None:
        seen.append(message)
        if message.startswith("linf-bim") and len(seen) > 3:
            raise Ended

    with pytest.raises(Ended):
        evaluate_run(store, run_id, request, few_images, "cpu", stop)
    assert seen[0] == "fgsm, attack 1 of 2" and seen[-1] == "linf-bim, attack 2 of 2"
    partial = read_report(path)
    assert list(partial.robust_accuracy_by_attack) == ["fgsm"]
    assert partial.robust_accuracy == partial.robust_accuracy_by_attack["fgsm"]
    assert len(read_arrays(adversarial_path(store.folder(run_id), request.protocol_id, "fgsm"))["predictions"]) == 20
    assert read_survivors(store, run_id, request.protocol_id)[WORST_CASE].mean() == partial.robust_accuracy
    whole = evaluate_run(store, run_id, request, few_images, "cpu")
    assert list(whole.robust_accuracy_by_attack) == ["linf-bim", "fgsm"], "in the order of the request"
    assert read_report(path) == whole and run_problems(store, run_id) == []


def test_a_stored_result_stays_until_it_is_repeated(store, few_images, run_id):
    """More images are to be kept than there are, so that the stored attack runs again."""
    evaluate_run(store, run_id, REQUEST.model_copy(update={"attacks": ("linf-bim",)}), few_images, "cpu")
    path = evaluation_path(store.folder(run_id), REQUEST.protocol_id)
    before, seen = read_report(path), []

    def look(fraction: float, message: str) -> None:
        seen.append((message, list(read_report(path).robust_accuracy_by_attack)))

    wanted = REQUEST.model_copy(update={"attacks": ("fgsm", "pgd"), "kept_images": 9})
    evaluate_run(store, run_id, wanted, few_images, "cpu", look)
    assert seen[0] == ("fgsm, attack 1 of 3", ["linf-bim"])
    assert {message for message, stored in seen if "linf-bim" not in stored} == set()
    after = read_report(path)
    assert set(after.robust_accuracy_by_attack) == {"fgsm", "linf-bim", "pgd"}
    assert after.robust_accuracy_by_attack["linf-bim"] == before.robust_accuracy_by_attack["linf-bim"]


def test_each_array_is_written_once(store, few_images, run_id, monkeypatch):
    written, write = [], files.write_arrays
    monkeypatch.setattr(files, "write_arrays", lambda path, arrays: written.append(path.name) or write(path, arrays))
    evaluate_run(store, run_id, REQUEST, few_images, "cpu")
    assert len(written) == len(set(written)) == 3, "two attacks and the clean images"
