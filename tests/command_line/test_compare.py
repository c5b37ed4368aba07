"""`compare` as people use it, on runs that were trained and attacked here."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.documents import read_json, write_json
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import read_survivors
from engine.robustness.statistics import paired_difference, paired_seeds, wilson_interval
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import train_runs
from engine.runs.run_files import adversarial_path, evaluation_path
from engine.runs.store import RunStore
from engine.studies.comparison import NOISE_RULE
from engine.training.schedule import TrainingConfig

WEAK, STRONG = (
    EvaluationRequest(attacks=("fgsm",), samples=100, threat=ThreatModel(epsilon=epsilon)) for epsilon in (0.3, 0.9)
)


@dataclass
class Trained:
    """Two configurations, two seeds each, all attacked as WEAK and then as STRONG; longer alone as WEAK only."""

    root: Path
    short: list[str]
    long: list[str]

    @property
    def store(self) -> RunStore:
        return RunStore(self.root)

    def verdicts(self, run_id: str, request: EvaluationRequest, column: str) -> np.ndarray:
        found = read_survivors(self.store, run_id, request.protocol_id)
        assert found is not None
        return found[column]


@pytest.fixture(scope="module")
def original(tmp_path_factory, few_images) -> Trained:
    store = RunStore(tmp_path_factory.mktemp("compared"))
    run_ids = []
    for epochs in (2, 8):
        training = TrainingConfig(epochs=epochs, learning_rate=0.003, snapshots_per_epoch=1)
        for seed in (0, 1):
            config = RunConfig(seed=seed, training=training, probe=ProbeConfig(samples=0))
            store.create(config)
            list(train_runs(store, [config.run_id], few_images, "cpu"))
            run_ids.append(config.run_id)
            for age, request in enumerate((WEAK, STRONG)):
                evaluate_run(store, config.run_id, request, few_images, "cpu")
                os.utime(evaluation_path(store.path(config.run_id), request.protocol_id), ns=(0, 10**18 + age))
    return Trained(store.root, run_ids[:2], run_ids[2:])


@pytest.fixture
def trained(original, tmp_path) -> Trained:
    shutil.copytree(original.root, tmp_path / "store")
    return Trained(tmp_path / "store", original.short, original.long)


@pytest.fixture
def compare(command, trained):
    return lambda *words: command("compare", *words, "--store", trained.root)


@pytest.fixture
def compared(compare):
    """(words) -> what --json printed."""

    def run(*words):
        answer = compare(*words, "--json")
        assert (answer.code, answer.err) == (0, ""), answer
        return json.loads(answer.out)

    return run


def refused(answer, *words: str) -> None:
    assert answer.code == 2 and answer.out == "", answer
    assert answer.err.count("\n") == 1 and "Traceback" not in answer.err and len(answer.err) < 600, answer.err
    assert [word for word in words if word not in answer.err] == [], answer.err


def test_two_runs_image_by_image(compared, trained):
    short, long = trained.short[0], trained.long[0]
    document = compared(short, long, "--epsilon", 0.3)
    assert (document["protocol_id"], document["n"], document["seed"]) == (WEAK.protocol_id, 100, 0)
    assert document["threat"] == WEAK.threat.model_dump()
    assert document["pixel_epsilon"] == pytest.approx([0.3 * 0.3081])
    assert document["rule"] == NOISE_RULE and document["left_out"] == []
    assert document["labels"] == {run_id: "Std · seed 0" for run_id in (short, long)}
    rows = {row["attack"]: row for row in document["comparisons"]}
    assert list(rows) == ["none", "fgsm", "worst case"]
    for column, row in rows.items():
        mine, reference = (trained.verdicts(run_id, WEAK, column) for run_id in (long, short))
        expected = paired_difference(mine, reference)
        assert (row["run_ids"], row["reference_ids"]) == ([long], [short])
        assert (row["low"], row["high"]) == wilson_interval(int(mine.sum()), 100)
        assert (row["difference"], row["p_value"]) == (expected.difference, expected.p_value)
        assert row["only_first"] == int((mine & ~reference).sum())
        assert row["verdict"] == (
            "within noise" if expected.within_noise else "higher" if expected.difference > 0 else "lower"
        )
    assert rows["none"]["accuracy"] > rows["fgsm"]["accuracy"], "the attack does something"
    assert rows["none"]["verdict"] == "higher", "eight epochs are more than two"


def test_seeds_of_a_configuration_go_together(compared, trained):
    mixed = [trained.short[1], trained.long[1], trained.long[0], trained.short[0]]
    rows = compared(*mixed, "--epsilon", 0.3)["comparisons"]
    (clean,) = [row for row in rows if row["attack"] == "none"]
    assert (clean["run_ids"], clean["reference_ids"]) == (trained.long, trained.short)
    long, short = (
        [trained.verdicts(run_id, WEAK, "none").mean() for run_id in side] for side in (trained.long, trained.short)
    )
    expected = paired_seeds(long, short)
    assert clean["seeds"] == 2 and clean["difference"] == pytest.approx(expected.difference)
    assert (clean["p_value"], clean["difference_low"]) == pytest.approx((expected.p_value, expected.low))
    assert len(clean["by_pair"]) == 2 and clean["only_first"] == sum(one["only_first"] for one in clean["by_pair"])


def test_who_has_no_partner_is_named(compare, compared, trained):
    words = [trained.short[0], trained.short[1], trained.long[1]]
    document = compared(*words)
    assert document["left_out"] == [trained.short[0]]
    assert {(*row["run_ids"], *row["reference_ids"]) for row in document["comparisons"]} == {
        (trained.long[1], trained.short[1])
    }
    assert f"has no run with the same seed: {trained.short[0]}" in compare(*words).out


def test_the_reference_is_a_choice(compared, trained):
    short, long = trained.short[0], trained.long[0]
    forth = compared(short, long, "--reference", long)["comparisons"]
    back = compared(short, long)["comparisons"]
    assert [row["run_ids"] for row in forth] == [[short]] * 3
    assert [row["difference"] for row in forth] == [-row["difference"] for row in back]
    assert compared(short, "--reference", long)["comparisons"] == forth, "it need not be among the others"


def test_the_newest_evaluation_that_fits(compared, trained):
    runs = [trained.short[0], trained.long[0]]
    assert compared(*runs)["protocol_id"] == STRONG.protocol_id
    assert compared(*runs, "--epsilon", 0.3, "--unit", "normalized")["protocol_id"] == WEAK.protocol_id
    path = evaluation_path(trained.store.path(runs[1]), WEAK.protocol_id)
    os.utime(path, ns=(0, 2 * 10**18))
    assert compared(*runs, "--samples", 100, "--seed", 0)["protocol_id"] == WEAK.protocol_id
    path.unlink()
    assert compared(*runs)["protocol_id"] == STRONG.protocol_id, "only what both have"


def test_what_cannot_be_read_is_passed_over(compare, compared, trained):
    runs = [trained.short[0], trained.long[0]]
    for request in (STRONG, WEAK):
        assert compared(*runs)["protocol_id"] == request.protocol_id
        path = adversarial_path(trained.store.path(runs[1]), request.protocol_id, "fgsm")
        path.write_bytes(path.read_bytes()[:-40])
    refused(compare(*runs), "damaged", f"evaluate {runs[0]} {runs[1]} --epsilon 0.9 --unit normalized --samples 100")


def test_as_a_table(compare, trained):
    short, long = trained.short[0], trained.long[0]
    answer = compare(short, long, "--epsilon", 0.3)
    lines = answer.out.splitlines()
    assert answer.code == 0 and answer.err == ""
    assert lines[0] == "ε = 0.3 normalized (0.0924 in pixels), n = 100, seed 0"
    assert lines[2] == f"{long} (Std · seed 0) against {short} (Std · seed 0)"
    mine, reference = (trained.verdicts(run_id, WEAK, "none") for run_id in (long, short))
    found = paired_difference(mine, reference)
    accuracies = [
        f"{100 * one.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        for one in (mine, reference)
        for low, high in [wilson_interval(int(one.sum()), 100)]
    ]
    assert [cell.strip() for cell in lines[4].split("  ") if cell.strip()] == [
        "no attack",
        *accuracies,
        f"{100 * found.difference:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]",
        str(found.only_first),
        str(found.only_second),
        "<.001",
        "higher",
    ]
    assert [line.split("  ")[1] for line in lines[4:7]] == ["no attack", "fgsm", "worst case"]
    assert " ".join(lines[8:]) == NOISE_RULE
    assert max(map(len, lines)) <= 120


def test_twins_are_within_noise(compare, trained):
    """The same weights under another name: nothing tells them apart."""
    twin, run = trained.long[1], trained.long[0]
    folder = trained.root / twin
    for name in ("adversarial", "evaluations"):
        shutil.rmtree(folder / name)
        shutil.copytree(trained.root / run / name, folder / name)
    rows = compare(run, twin).out.splitlines()[4:7]
    assert len(rows) == 3 and all(row.endswith("1.000  within noise") and "+0.0 [" in row for row in rows), rows


def test_runs_that_share_no_evaluation(compare, trained):
    runs = [trained.short[0], trained.long[0]]
    for run_id, request in zip(runs, (WEAK, STRONG), strict=True):
        evaluation_path(trained.store.path(run_id), request.protocol_id).unlink()
    refused(compare(*runs), "share", f"python -m engine evaluate {' '.join(runs)}")


def test_runs_judged_on_other_images(compare, trained):
    """As with a data set of one's own that changed in between."""
    runs = [trained.short[0], trained.long[0]]
    for request in (WEAK, STRONG):
        path = evaluation_path(trained.store.path(runs[0]), request.protocol_id)
        document = read_json(path) or {}
        write_json(path, document | {"sample_ids": document["sample_ids"][::-1]})
    refused(compare(*runs), "share")


def test_an_evaluation_that_is_not_there(compare, trained):
    runs = [trained.short[0], trained.long[0]]
    known = ["--epsilon 0.9 --unit normalized --samples 100 --seed 0", "--epsilon 0.3 --unit normalized"]
    refused(compare(*runs, "--epsilon", 0.25), "--epsilon 0.25", *known)
    refused(compare(*runs, "--epsilon", 0.3, "--unit", "pixel"), "--epsilon 0.3 --unit pixel", *known)
    refused(compare(*runs, "--samples", 99), "--samples 99", *known)
    refused(compare(*runs, "--seed", 1), "--seed 1", *known)


def test_damaged_reports_that_are_skipped_are_named(compare, trained):
    runs = trained.short[0], trained.long[0]
    path = evaluation_path(trained.store.path(runs[0]), STRONG.protocol_id)
    path.write_bytes(path.read_bytes()[:-40])
    answer = compare(*runs)
    assert answer.code == 0 and "ε = 0.3" in answer.out
    assert str(path) in answer.err and answer.err.count("\n") == 1


def test_different_test_data_are_not_compared_image_by_image(compare, trained):
    first, second = trained.short
    for request in (WEAK, STRONG):
        path = evaluation_path(trained.store.path(second), request.protocol_id)
        report = read_report(path)
        assert report is not None and report.test_data is not None
        write_json(path, report.model_copy(update={"test_data": "0123456789abcdef"}).model_dump(mode="json"))
    refused(compare(first, second), "different test data", "--other-data")
    for request in (WEAK, STRONG):
        path = evaluation_path(trained.store.path(second), request.protocol_id)
        report = read_report(path)
        assert report is not None
        unknown = report.model_copy(update={"test_data": None, "test_data_is": None})
        write_json(path, unknown.model_dump(mode="json"))
    assert compare(first, second).code == 0, "a report of an earlier version names no test data"


def test_runs_of_other_data(compare, trained):
    other = RunConfig(dataset="mnist")
    trained.store.create(other)
    refused(compare(trained.short[0], other.run_id), "mnist-mini and mnist", "one data set")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "RUN_ID"),
        (["{0}"], "two runs"),
        (["{0}", "{0}"], "two runs"),
        (["{0}", "--reference", "{0}"], "two runs"),
        (["{0}", "nope"], "'nope'"),
        (["{0}", "--reference", "../store"], "'../store'"),
        (["{0}", "{1}", "--unit", "percent"], "--unit"),
        (["{0}", "{1}", "--epsilon", "small"], "--epsilon"),
        (["{0}", "{1}", "--epsilon", "nan"], "--epsilon nan"),
        (["{0}", "{1}", "--samples", "1.5"], "--samples"),
        (["{0}", "{1}", "--data", "x"], "--data"),
    ],
)
def test_bad_words(compare, trained, words, said):
    refused(compare(*(word.format(trained.short[0], trained.long[0]) for word in words)), said)


def test_nothing_is_written(compare, trained):
    before = sorted(trained.root.rglob("*"))
    assert compare(*trained.short, *trained.long).code == 0
    assert sorted(trained.root.rglob("*")) == before
