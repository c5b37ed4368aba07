"""The Robustness page: accuracies with intervals, differences, and checks."""

import json

import pytest

from dashboard.frames import differences, robustness
from dashboard.robustness.checks import chosen_finding, matrix
from engine.attacks.threat import ThreatModel
from engine.diagnostics.finding import Diagnosis, Finding
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.robustness.report import RobustnessReport
from engine.runs.run_files import diagnosis_path, read_json, write_json
from engine.runs.store import RunStore
from tests.dashboard.shown_text import shown
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import THREAT

REQUEST = EvaluationRequest(attacks=("fgsm", "pgd"), samples=20, threat=ThreatModel())


PROTOCOL = REQUEST.protocol_id


def table(app, column: str):
    """The first table with this column."""
    return next(element.value for element in app.dataframe if column in element.value.columns)


def finding(name: str, verdict: str) -> Finding:
    return Finding(
        name=name,
        title=f"{name} <b>title</b>",
        verdict=verdict,
        rule=f"rule of {name}",
        source="somebody 2018",
        evidence=f"7 of 20 images speak of {name}",
        values={"count": 7},
    )


def diagnose(store: RunStore, run_id: str, robust_accuracy: float | None, *findings: Finding) -> None:
    diagnosis = Diagnosis(
        threat=REQUEST.threat, samples=20, seed=0, n=20, robust_accuracy=robust_accuracy, findings=findings
    )
    path = diagnosis_path(store.folder(run_id), PROTOCOL)
    path.parent.mkdir()
    write_json(path, diagnosis.model_dump(mode="json"))


def report_of(store: RunStore, run_id: str) -> RobustnessReport:
    report = read_report(store.report_paths(run_id)[0])
    assert report is not None
    return report


@pytest.fixture
def both(store, trained_store) -> RunStore:
    """Both runs, attacked under the same protocol."""
    for run_id in store.run_ids():
        evaluate_run(store, run_id, REQUEST, store.root, "cpu")
    return store


def test_accuracies_carry_their_intervals_and_say_that_nobody_checked(both, open_page):
    app = open_page("robustness", both.root)
    assert not app.exception
    found = table(app, "Attack")
    assert found["Attack"].tolist() == ["no attack", "fgsm", "pgd", "worst case", "checks"]
    assert all(cell.count("–") == 1 and cell.endswith(")") for cell in found.iloc[:4, 1:].to_numpy().ravel())
    assert set(found.iloc[4, 1:]) == {"not checked"}
    assert any("These results have not been checked for gradient masking yet." in info.value for info in app.info)


def test_the_button_queues_checks_of_all_runs_under_the_protocol_shown(both, open_page, started_workers):
    app = open_page("robustness", both.root)
    next(button for button in app.button if button.label == "Check these runs").click().run()
    jobs = [job for job in RunQueue(both.root).jobs() if job.kind == "diagnose"]
    assert {job.run_id for job in jobs} == set(both.run_ids()) and started_workers
    assert {(job.payload["samples"], job.payload["seed"]) for job in jobs} == {(20, 0)}
    assert sum("checks at ε = " in shown(line.value) and "queued" in line.value for line in app.markdown) == 2


def test_all_of_a_smaller_test_set_is_checked_under_its_own_protocol(store, open_page):
    request = EvaluationRequest(attacks=("fgsm",), samples=9_999, threat=THREAT)
    for run_id in store.run_ids():
        assert evaluate_run(store, run_id, request, store.root, "cpu").n == 1_000
    app = open_page("robustness", store.root, protocol=request.protocol_id)
    next(button for button in app.button if button.label == "Check these runs").click().run()
    (payload,) = {json.dumps(job.payload) for job in RunQueue(store.root).jobs() if job.kind == "diagnose"}
    assert DiagnosisRequest(**json.loads(payload)).protocol_id == request.protocol_id


def test_failed_checks_stand_beside_the_number_with_their_evidence(both, open_page):
    std, minmax = sorted(both.run_ids(), key=lambda run_id: "min-max" in run_id)
    number = report_of(both, std).robust_accuracy
    diagnose(both, std, number, finding("calm", "ok"), finding("masked", "failed"))
    diagnose(both, minmax, report_of(both, minmax).robust_accuracy, finding("calm", "ok"), finding("odd", "suspicious"))
    app = open_page("robustness", both.root)
    assert not app.exception
    row = table(app, "Attack").iloc[4]
    assert sorted(row[1:]) == ["1 check failed", "1 suspicious"]
    (error,), (warning,) = app.error, app.warning
    assert "upper bound" in error.value and "masked" in error.value
    assert "masked <b>" not in error.value, "names are plain text"
    assert "odd" in warning.value and "calm" not in warning.value and not app.success
    assert any("7 of 20 images speak of masked" in line.value for line in app.markdown), "the most serious one is open"
    matrix = table(app, "Check")
    assert len(matrix) == 3 and "✗ failed" in matrix.to_numpy() and "– not run" in matrix.to_numpy()
    evidence = table(app, "Evidence")
    assert {"Run", "Check", "Verdict", "Evidence", "Rule", "Source"} <= set(evidence.columns) and len(evidence) == 4


def test_a_click_on_a_mark_opens_its_evidence():
    def diagnosis(*findings: Finding) -> Diagnosis:
        return Diagnosis(threat=THREAT, samples=20, seed=0, n=20, findings=findings)

    of_label = {
        "a": diagnosis(finding("first", "ok"), finding("second", "suspicious")),
        "b": diagnosis(finding("first", "failed"), finding("third", "not run")),
    }
    table = matrix(of_label, {"a": "a", "b": "b"})
    titles = table["Check"].tolist()

    def name(cell) -> str | None:
        found = chosen_finding(of_label, table, cell)
        return found and f"{found[0]} {found[1].name}"

    assert name(None) == "b first", "without a click, the most serious one"
    assert name((titles.index("first <b>title</b>"), "a")) == "a first"
    assert name((titles.index("third <b>title</b>"), "a")) == "b third", "a check that only another run has"
    assert name((titles.index("second <b>title</b>"), "Check")) == "a second"
    assert chosen_finding({}, table, None) is None


def test_the_page_leads_with_the_worst_case_of_each_run(both, open_page):
    app = open_page("robustness", both.root)
    found = table(app, "Attack").set_index("Attack").loc["worst case"]
    worst = {label: cell.split(" ")[0] for label, cell in found.items()}
    assert {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in app.metric} == {
        label: f"{number}%" for label, number in worst.items()
    }
    sentence = next(shown(line.value) for line in app.markdown if "In the worst case" in line.value)
    assert sentence.startswith("In the worst case of 2 attacks, ") and all(one in sentence for one in worst.values())


def test_checks_of_a_former_number_say_so_and_can_be_run_again(both, open_page):
    for run_id in both.run_ids():
        diagnose(both, run_id, 0.987, finding("calm", "ok"))
    app = open_page("robustness", both.root)
    assert set(table(app, "Attack").iloc[4, 1:]) == {"no sign of masking (outdated)"}
    assert "Check these runs" in [button.label for button in app.button]
    words = "later attacks changed the robust accuracy"
    assert not app.success and sum(words in warning.value for warning in app.warning) == 2


def test_runs_are_compared_with_one_of_them_image_by_image(both, open_page):
    app = open_page("robustness", both.root)
    found = table(app, "Verdict")
    assert found["Attack"].tolist() == ["no attack", "fgsm", "pgd", "worst case"]
    assert set(found["Verdict"]) <= {"within noise", "higher", "lower"}
    counted = found["Only run correct"] - found["Only reference correct"]
    assert (100 * counted / 20).tolist() == pytest.approx(found["Difference (points)"].tolist())
    reference = next(box for box in app.selectbox if box.label == "Compare with")
    assert found["Against"].str.startswith("Std").all() and found["Run"].str.startswith("Min-Max").all()
    assert reference.value == next(run_id for run_id in both.run_ids() if "-std-" in run_id)
    other = next(run_id for run_id in both.run_ids() if run_id != reference.value)
    app = reference.set_value(other).run()
    assert table(app, "Verdict")["Difference (points)"].tolist() == pytest.approx((-100 * counted / 20).tolist())


def test_worst_cases_over_different_attacks_are_not_compared(store, open_page):
    for run_id, attacks in zip(store.run_ids(), (("fgsm", "pgd"), ("fgsm",)), strict=True):
        folder = store.folder(run_id) / "evaluations"
        for path in folder.glob("*") if folder.exists() else ():
            path.unlink()
        evaluate_run(store, run_id, REQUEST.model_copy(update={"attacks": attacks}), store.root, "cpu")
    app = open_page("robustness", store.root)
    assert "worst case" not in table(app, "Verdict")["Attack"].tolist()
    assert any("do not compare" in caption.value for caption in app.caption)


def test_older_results_that_tell_no_survivors_are_shown_but_not_compared(both, open_page):
    for path in both.root.glob("*/adversarial/*-pgd.npz"):
        path.write_bytes(b"not an archive")
    app = open_page("robustness", both.root)
    assert not app.exception and any("recorded too little" in caption.value for caption in app.caption)


def test_other_images_are_not_compared_one_by_one(both, open_page):
    (path,) = both.report_paths(both.run_ids()[0])
    document = read_json(path) or {}
    write_json(path, document | {"sample_ids": document["sample_ids"][::-1]})
    app = open_page("robustness", both.root)
    assert not app.exception and not any("Verdict" in element.value.columns for element in app.dataframe)
    assert any("they used different images" in caption.value for caption in app.caption)


@pytest.mark.parametrize("view", ["Under attack", "Against ε", "Smallest perturbations", "Transfer"])
def test_every_view_opens_with_its_form_unless_read_only(both, open_page, view):
    app = open_page("robustness", both.root, show=view)
    assert not app.exception and app.button_group(key="show").value == view
    labels = {"Under attack": "Attack these runs", "Against ε": "Measure curves", "Transfer": "Measure transfer"}
    assert labels.get(view, "Search perturbations") in [button.label for button in app.button]
    app = open_page("robustness", both.root, read_only=True, show=view)
    assert not app.exception and not app.button


def test_damaged_diagnoses_count_as_none(both, open_page):
    for run_id in both.run_ids():
        diagnose(both, run_id, 0.5, finding("calm", "ok"))
        diagnosis_path(both.folder(run_id), PROTOCOL).write_text(json.dumps({"findings": 3}))
    app = open_page("robustness", both.root)
    assert not app.exception and set(table(app, "Attack").iloc[4, 1:]) == {"not checked"}


def test_runs_of_different_data_are_not_put_into_one_robustness_table(open_page, store):
    std, minmax = std_and_minmax(store)
    document = read_json(store.folder(minmax) / "config.json") or {}
    other = document | {"config": document["config"] | {"dataset": "mnist"}}
    write_json(store.folder(minmax) / "config.json", other)
    app = open_page("robustness", store.root, runs=[std, minmax])
    assert not app.exception
    assert any(
        "is of MNIST mini; the others are of MNIST" in one.value
        or "is of MNIST; the others are of MNIST mini" in one.value
        for one in app.markdown
    )


def test_evaluations_are_queued_for_every_chosen_run(open_page, store):
    app = open_page("robustness", store.root)
    app.number_input(key="samples").set_value(30).run()
    next(button for button in app.button if button.label == "Attack these runs").click().run()
    jobs = [job for job in RunQueue(store.root).jobs() if job.kind == "evaluate"]
    assert sorted(job.run_id for job in jobs) == sorted(store.run_ids())
    assert {job.payload["samples"] for job in jobs} == {30}
    assert not app.exception


def test_cw_alone_has_no_ball_and_is_shown(open_page, store):
    (path,) = [path for run_id in store.run_ids() for path in store.report_paths(run_id)]
    report = read_json(path) or {}
    alone = report["attacks"][0] | {"attack": {"name": "cw"}, "threat": None}
    write_json(path, report | {"attacks": [alone]})
    app = open_page("robustness", store.root)
    assert not app.exception
    assert list(app.dataframe[0].value["Attack"]) == ["no attack", "cw", "worst case", "checks"]


def test_a_rerun_computes_nothing_until_a_report_changes(both, open_page, count_calls):
    computed = count_calls(robustness, "wilson_interval", "accuracy_words")
    count_calls(differences, "contrasts")
    app = open_page("robustness", both.root)
    assert len(computed) == 3
    computed.clear()
    app.run()
    assert not computed and not app.exception
    evaluate_run(both, both.run_ids()[0], REQUEST.model_copy(update={"attacks": ("mi-fgsm",)}), both.root, "cpu")
    app.run()
    assert len(computed) == 3 and "mi-fgsm" in table(app, "Attack")["Attack"].tolist()
