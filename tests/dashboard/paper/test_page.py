"""The Paper page in Streamlit's test runner, with small runs of its settings and with the recorded runs."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.paper import figures, reading
from dashboard.ui.page_export import PageExport
from dashboard.ui.standalone_html import Table
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.paper.claims import CLAIMS
from engine.paper.setting import SETTINGS
from engine.paper.tables import CELLS
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from engine.runs.experiment import train_runs
from engine.runs.run_files import MODEL, read_json, write_json
from engine.runs.store import SHIPPED, RunStore
from engine.runs.variants import VARIANTS
from engine.studies.study import submit_study
from engine.training.schedule import TrainingConfig
from tests.small_runs import HERE

SMALL = replace(
    SETTINGS["mnist"].at(0.03, 0.01, "all"), training=TrainingConfig(epochs=1, batch_size=50, learning_rate=0.01)
)
OTHER = SMALL.at(0.7, 0.2, "conv1")
NAME, OTHER_NAME = "λ 0.03, μ 0.01, all convolutions", "λ 0.7, μ 0.2, first convolution"
TABLE_1, TABLE_3, NEAR_ZERO = 0, 1, 2


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory, few_images) -> RunStore:
    """Std twice, Adv, Min-Max, and Min-Max with other strengths; all but Adv attacked. Read only."""
    folder = tmp_path_factory.mktemp("reproduced")
    shutil.copy(few_images / "mnist-mini.npz", folder / "mnist.npz")
    store = RunStore(folder / "store")
    configs = [SMALL.config("std", 0), SMALL.config("std", 1), SMALL.config("adv", 0), SMALL.config("min-max", 0)]
    for config in [*configs, OTHER.config("min-max", 0)]:
        store.create(config)
        list(train_runs(store, [config.run_id], folder, "cpu"))
        if config.variant != "adv":
            evaluate_run(store, config.run_id, SMALL.evaluation(20, ("fgsm", "pgd")), folder, "cpu")
    return store


@pytest.fixture
def store(reproduced, tmp_path, few_images) -> RunStore:
    """A writable copy with its data."""
    shutil.copytree(reproduced.root, tmp_path / "store")
    (tmp_path / "store" / "data").mkdir()
    shutil.copy(few_images / "mnist-mini.npz", tmp_path / "store" / "data" / "mnist.npz")
    return RunStore(tmp_path / "store")


@pytest.fixture(autouse=True)
def small_setting(monkeypatch):
    """A smaller default setting for MNIST."""
    monkeypatch.setitem(SETTINGS, "mnist", SMALL)


def texts(app) -> str:
    kinds = ("title", "header", "caption", "markdown", "error", "info")
    return " ".join(str(element.value) for kind in kinds for element in app.get(kind)).replace("\\", "")


def button(app, start):
    return next(found for found in app.button if found.label.startswith(start))


def accuracy(store, config, attack):
    (path,) = store.report_paths(config.run_id)
    report = read_report(path)
    assert report is not None
    return 100 * report.robust_accuracy_by_attack[attack]


def test_an_empty_store_has_the_print_and_the_launch(open_page, tmp_path):
    app = open_page("paper", tmp_path / "store")
    assert not app.exception and not app.error
    table = app.dataframe[TABLE_1].value
    assert table.loc["FGSM", ("Min-Max", "paper")] == "94.75" and table.loc["FGSM", ("Min-Max", "ours")] is None
    assert button(app, "Train and attack missing runs").label == "Train and attack missing runs (15 runs)"
    assert "No run has results for these cells yet; see “Missing runs” below." in texts(app)
    assert "Std: seeds 0–2 not trained" in texts(app)
    assert "reproduce table1-mnist --seeds 3 --samples 500 --recorded" in app.code[0].value


def test_our_numbers_stand_beside_the_print(open_page, reproduced):
    app = open_page("paper", reproduced.root)
    assert not app.exception and not app.error
    table = app.dataframe[TABLE_1].value
    for attack, name in (("fgsm", "FGSM"), ("pgd", "PGD")):
        ours = accuracy(reproduced, SMALL.config("min-max", 0), attack)
        printed = next(c for c in CELLS if (c.dataset, c.quantity, c.variant) == ("mnist", attack, "min-max"))
        assert table.loc[name, ("Min-Max", "ours")] == f"{ours:.1f}"
        assert table.loc[name, ("Min-Max", "diff.")] == pytest.approx(ours - 100 * printed.value, abs=0.051)
        both = [accuracy(reproduced, SMALL.config("std", seed), attack) for seed in (0, 1)]
        assert table.loc[name, ("Std", "ours")].split(" ± ")[0] == f"{sum(both) / 2:.1f}"
    fuzziness = reproduced.result(SMALL.config("adv", 0).run_id)["conv1_fuzziness"]
    assert app.dataframe[TABLE_3].value.loc["Fuzziness", ("Adv", "ours")] == f"{fuzziness:.4f}"
    near = reproduced.result(SMALL.config("min-max", 0).run_id)["conv1_near_zero"]
    assert app.dataframe[NEAR_ZERO].value["Min-Max"].iloc[0] == f"{near}"
    said = texts(app)
    assert "ε = 0.3 normalized (0.0924 in pixels) on the first 20 stratified" in said
    assert "Seeds: Std 0, 1; Std+L1, Std+L2 none; Adv, Min-Max 0." in said
    assert all(words in said for words in CLAIMS.values())
    assert app.selectbox(key="mnist-setting").value == NAME
    _, strong = app.code[0].value.splitlines()
    attacked = [SMALL.config(variant, seed).run_id for variant, seed in (("std", 0), ("std", 1), ("min-max", 0))]
    assert strong.startswith(f"python -m engine evaluate {' '.join(attacked)} --attacks paper strong --samples 20")
    assert " --check" in strong


def test_the_address_chooses_another_setting(open_page, reproduced):
    app = open_page("paper", reproduced.root, **{"mnist-setting": OTHER_NAME})
    assert app.selectbox(key="mnist-setting").options == [NAME, OTHER_NAME]
    assert (
        f"{accuracy(reproduced, OTHER.config('min-max', 0), 'pgd'):.1f}"
        == (app.dataframe[TABLE_1].value.loc["PGD", ("Min-Max", "ours")])
    )
    assert "--l1 0.7 --mu 0.2 --scope conv1 --recorded" in app.code[0].value
    app.selectbox(key="mnist-setting").set_value(NAME).run()
    assert "--l1" not in app.code[0].value


def test_without_runs_of_its_own_setting_the_page_begins_with_one_that_has(open_page, store):
    shutil.rmtree(store.folder(SMALL.config("min-max", 0).run_id))
    app = open_page("paper", store.root)
    assert app.selectbox(key="mnist-setting").value == OTHER_NAME and not app.exception
    app.selectbox(key="mnist-setting").set_value(NAME).run()
    assert app.dataframe[TABLE_1].value.loc["PGD", ("Min-Max", "ours")] is None
    app = open_page("paper", store.root, **{"mnist-setting": "λ 9, μ 9, nowhere"})
    assert app.selectbox(key="mnist-setting").value == OTHER_NAME and not app.exception


def test_the_other_data_set_by_address(open_page, reproduced):
    app = open_page("paper", reproduced.root, dataset="CIFAR-10")
    table = app.dataframe[TABLE_1].value
    assert (
        table.loc["L2BIA", ("Min-Max", "paper")] == "65.12 †" and table.loc["L2BIA", ("Std+L2", "paper")] == "55.61 †"
    )
    assert not app.exception and "Almost certainly swapped" in texts(app)
    assert "reproduce table2-cifar10" in app.code[0].value and "halved every 30 epochs" in texts(app)


def test_candidates_are_ranked_and_all_cells_can_be_asked_for(open_page, reproduced):
    app = open_page("paper", reproduced.root)
    (ranking,) = [table.value for table in app.dataframe if "Distance" in table.value]
    assert set(ranking["λ"]) == {0.03, 0.7} and list(ranking["Distance"]) == sorted(ranking["Distance"])
    best = ranking.iloc[0]
    assert f"Closest to the paper: λ {best['λ']:g}, μ {best['μ']:g}, {best['Scope']}" in texts(app)
    app.toggle(key="complete").set_value(True).run()
    assert not any("Distance" in table.value for table in app.dataframe), "none was attacked with all six"


def test_the_ranking_follows_a_report_that_changes(open_page, store):
    """Candidates are remembered between reruns, for as long as runs and reports stay as they are."""
    app = open_page("paper", store.root)
    distances = [table.value for table in app.dataframe if "Distance" in table.value][0].set_index("λ")["Distance"]
    path = store.report_paths(OTHER.config("min-max", 0).run_id)[0]
    report = read_json(path)
    for result in report["attacks"]:
        result["robust_accuracy"] = 0.05
    write_json(path, report)
    app.run()
    changed = [table.value for table in app.dataframe if "Distance" in table.value][0].set_index("λ")["Distance"]
    assert changed[0.03] == distances[0.03] and changed[0.7] != distances[0.7]


def test_missing_cells_are_launched_followed_stopped_and_resumed(open_page, store, started_workers):
    app = open_page("paper", store.root)
    app.number_input(key="wanted-seeds").set_value(1).run()
    said = texts(app)
    assert "Std+L1: seed 0 not trained. Std+L2: seed 0 not trained" in said
    assert "Min-Max: seed 0 not attacked with cw, mi-fgsm, l2-bim, linf-bim on 20 images" in said
    assert "**Table 3**: all seeds are complete." in said
    button(app, "Train and attack missing runs (5 runs").click().run()
    assert not app.exception and not app.error and started_workers
    queue = RunQueue(store.root)
    trained = {job.run_id for job in queue.jobs() if job.kind == "train"}
    assert trained == {SMALL.config(variant, 0).run_id for variant in ("std+l1", "std+l2")}
    attacked = {job.run_id for job in queue.jobs() if job.kind == "evaluate"}
    assert attacked == {SMALL.config(variant, 0).run_id for variant in VARIANTS}
    assert all(job.payload["samples"] == 20 for job in queue.jobs() if job.kind == "evaluate")
    assert "0 of 5 runs done" in app.get("progress")[0].text
    button(app, "Stop").click().run()
    assert {job.status for job in RunQueue(store.root).jobs()} == {"stopped"}
    button(app, "Resume (5 runs").click().run()
    assert {job.status for job in RunQueue(store.root).jobs()} == {"queued"}
    assert button(app, "Stop")


def test_attacks_that_failed_say_why_and_are_tried_again(open_page, store, started_workers):
    queue = RunQueue(store.root)
    submit_measurement(store, queue, SMALL.config("std", 0).run_id, SMALL.evaluation(20), HERE)
    (job,) = queue.claim("somebody", lambda free: free)
    queue.release("somebody", job.job_id, "failed", "The disk is full.")
    app = open_page("paper", store.root)
    assert "Std · seed 0 failed: The disk is full." in texts(app)
    app.number_input(key="wanted-seeds").set_value(1).run()
    button(app, "Train and attack missing runs (5 runs").click().run()
    assert not app.exception and queue.job(job.job_id).status == "queued"


def test_what_only_failed_is_offered_again(open_page, store, started_workers):
    queue = RunQueue(store.root)
    study = SMALL.study([0], 20)
    submit_study(store, queue, study, list_runs(store, queue)[0], HERE)
    for job in queue.claim("somebody", lambda free: free):
        queue.release("somebody", job.job_id, "failed", "The disk is full.")
    for job in queue.claim("somebody", lambda free: free):
        queue.release("somebody", job.job_id, "failed", "The disk is full.")
    app = open_page("paper", store.root, **{"wanted-seeds": "1"})
    assert texts(app).count("failed: The disk is full.") == 5
    button(app, "Retry failed runs (5 runs").click().run()
    assert not app.exception and {job.status for job in queue.jobs()} <= {"queued", "finished"}


def test_runs_recorded_without_weights_are_not_to_be_attacked_again(open_page, store):
    std, other, min_max = (
        SMALL.config(variant, seed).run_id for variant, seed in (("std", 0), ("std", 1), ("min-max", 0))
    )
    (store.folder(std) / MODEL).unlink()
    app = open_page("paper", store.root)
    _, strong = app.code[0].value.splitlines()
    assert strong.startswith(f"python -m engine evaluate {other} {min_max} --attacks")
    assert "cannot be attacked again: 1 of them" in texts(app)
    for run_id in (other, min_max):
        (store.folder(run_id) / MODEL).unlink()
    (command,) = open_page("paper", store.root).code[0].value.splitlines()
    assert "reproduce" in command


def test_data_that_cannot_be_read_are_no_surprise(open_page, store):
    (store.root / "data" / "mnist.npz").write_bytes(b"not an npz file")
    app = open_page("paper", store.root)
    button(app, "Train and attack").click().run()
    assert "The runs could not be launched" in app.error[0].value and not RunQueue(store.root).jobs()


def test_runs_on_other_data_are_launched_and_judged_apart(open_page, store, other_images, started_workers):
    data = store.root / "data"
    shutil.copy(other_images("x_test") / "mnist-mini.npz", data / "mnist.npz")
    local = SMALL.on_data(data)
    store.create(local.config("std", 0))
    run_id = local.config("std", 0).run_id
    list(train_runs(store, [run_id], data, "cpu"))
    evaluate_run(store, run_id, local.evaluation(20, ("fgsm", "pgd")), data, "cpu")

    app = open_page("paper", store.root)
    assert not app.exception and "Data: MNIST as in the recorded runs." in texts(app)
    both = [accuracy(store, SMALL.config("std", seed), "pgd") for seed in (0, 1)]
    assert app.dataframe[TABLE_1].value.loc["PGD", ("Std", "ours")].split(" ± ")[0] == f"{sum(both) / 2:.1f}"
    assert "choose the data “In the data folder”" in texts(app) and not app.code
    assert not [found for found in app.button if found.label.startswith(("Train", "Resume"))]

    app = open_page("paper", store.root, data="In the data folder")
    said = texts(app)
    assert f"Data: other data {local.data_digest[:8]} (MNIST with other images than in the recorded runs)." in said
    table = app.dataframe[TABLE_1].value
    assert table.loc["PGD", ("Std", "ours")] == f"{accuracy(store, local.config('std', 0), 'pgd'):.1f}"
    assert table.loc["PGD", ("Min-Max", "ours")] is None, "it was trained on the data of the recorded runs"
    assert "Seeds: Std 0; Std+L1, Std+L2, Adv, Min-Max none." in said
    button(app, "Train and attack missing runs (15 runs").click().run()
    assert not app.exception and not app.error and started_workers
    named = {store.config(job.run_id).data_digest for job in RunQueue(store.root).jobs()}
    attacked = {job.payload["data"] for job in RunQueue(store.root).jobs() if job.kind == "evaluate"}
    assert named == attacked == {local.data_digest}


def test_the_recorded_data_leave_nothing_to_choose(open_page, store):
    assert not [group for group in open_page("paper", store.root).get("button_group") if group.label == "Data"]


def test_read_only_launches_nothing(open_page, reproduced):
    app = open_page("paper", reproduced.root, read_only=True)
    assert not app.exception and not [found for found in app.button if found.label.startswith(("Train", "Resume"))]
    assert "not trained" in texts(app)


def test_the_shipped_runs_are_there_at_once(open_page, tmp_path, monkeypatch):
    monkeypatch.setitem(SETTINGS, "mnist", replace(SMALL, training=TrainingConfig(epochs=10, learning_rate=1e-3)))
    app = open_page("paper", tmp_path / "store", shipped=SHIPPED)
    assert not app.exception and not app.error
    table = app.dataframe[TABLE_1].value
    ours = table.xs("ours", axis="columns", level=1)
    assert ours["Std"].notna().all() and ours["Min-Max"].notna().any()
    assert app.dataframe[NEAR_ZERO].value["Min-Max ÷ Std"].notna().all()
    links = [link for link in app.get("page_link") if "runs=" in link.proto.query_string]
    assert len(links) == len(CLAIMS), "every claim leads to runs"


def test_exports_are_offered(open_page, reproduced):
    app = open_page("paper", reproduced.root)
    labels = [found.label for found in app.get("download_button")]
    for label in ("Download page as HTML", "All tables as LaTeX", "All cells as CSV", "All statements as CSV"):
        assert labels.count(label) == 1


def test_page_needs_no_torch():

    parts = "dashboard.paper.reading, dashboard.paper.takeaway, dashboard.paper.missing, dashboard.paper.search"
    code = f"import sys, {parts}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0


def test_a_rerun_computes_nothing_until_a_run_or_a_report_changes(open_page, store, count_calls):
    computed = count_calls(reading, "judge_claims", "gather", "rank_candidates")
    count_calls(figures, "spread_frame", "histogram_picture", "indexed_picture", "weight_frame")
    app = open_page("paper", store.root)
    assert len(computed) == 7
    computed.clear()
    app.run()
    assert not computed and not app.exception
    config = SMALL.config("min-max", 0)
    evaluate_run(store, config.run_id, SMALL.evaluation(20, ("mi-fgsm",)), store.root / "data", "cpu")
    app.run()
    assert f"{accuracy(store, config, 'mi-fgsm'):.1f}" == app.dataframe[TABLE_1].value.loc["MIA", ("Min-Max", "ours")]


def test_the_claims_stand_in_tables_once_they_are_opened_and_in_the_saved_page_anyway(
    open_page, reproduced, monkeypatch
):
    offered = []
    monkeypatch.setattr(PageExport, "offer", lambda export, name: offered.append(export))
    app = open_page("paper", reproduced.root)
    before = len(app.dataframe)
    app.session_state["claims-as-tables"] = True
    app.run()
    assert not app.exception and len(app.dataframe) == before + 2
    saved = [[one.title for one in export.exhibits if isinstance(one, Table)] for export in offered]
    assert saved[0] == saved[1] and "Claims of the paper" in saved[0]
