"""The transfer matrix on the page, and the button that measures its missing rows."""

import shutil

import numpy as np
import pytest

from dashboard import measured
from engine.measurements.transfer.read import read_transfers
from engine.measurements.transfer.request import TransferRequest
from engine.queue.run_queue import RunQueue
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import THREAT


@pytest.fixture
def open_view(run_function, drawn, started_workers):
    """(store, read only) -> AppTest of the form and the view, and the drawn charts and grids by key."""

    def page():
        # the test runner executes this function's text alone
        from dashboard import sources
        from dashboard.figures.coloring import run_styles
        from dashboard.robustness.transfer import draw_transfer, draw_transfer_form
        from dashboard.ui.page_export import PageExport

        here = sources.settings()
        chosen = sorted(
            (run for run in sources.runs() if run.status == "finished"),
            key=lambda run: run.config.variant,
            reverse=True,
        )
        if not here.read_only:
            draw_transfer_form(here, chosen)
        draw_transfer(here, chosen, PageExport("Transfer"), run_styles(chosen))

    def open_it(root, read_only=False):
        return run_function(page, root, read_only), drawn, started_workers

    return open_it


def said(app) -> str:
    return " ".join(str(element.value) for kind in ("info", "caption", "markdown") for element in app.get(kind))


def test_nothing_measured_yet(open_view, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    app, drawn, started = open_view(tmp_path / "store")
    std, minmax = std_and_minmax(trained_store)
    assert "Transfer between these runs has not been measured yet" in said(app) and drawn == {}
    app.selectbox(key="transfer-attack").set_value("fgsm")
    app.number_input(key="transfer-samples").set_value(30).run()
    assert f"engine transfer {std} {minmax} --attack fgsm --samples 30 --epsilon 0.3" in app.code[0].value
    (button,) = app.button
    assert button.label == "Measure transfer"
    button.click().run()
    jobs = RunQueue(tmp_path / "store").jobs()
    requests = {job.run_id: TransferRequest(**job.payload) for job in jobs if job.kind == "transfer"}
    assert requests == dict.fromkeys(
        (std, minmax), TransferRequest(attack="fgsm", targets=(std, minmax), samples=30, threat=THREAT)
    )
    assert [one.root for one in started] == [tmp_path / "store"] and not app.exception


def test_only_missing_rows_are_queued(open_view, measured_store, tmp_path):
    shutil.copytree(measured_store.root, tmp_path / "store")
    app, _, _ = open_view(tmp_path / "store")
    std, minmax = std_and_minmax(measured_store)
    app.selectbox(key="transfer-attack").set_value("fgsm")
    app.number_input(key="transfer-samples").set_value(30).run()
    (button,) = [button for button in app.button if "Measure" in button.label]
    assert button.label == "Measure 1 of 2 rows"
    button.click().run()
    jobs = [job for job in RunQueue(tmp_path / "store").jobs() if job.kind == "transfer"]
    assert [job.run_id for job in jobs] == [minmax]


def test_the_matrix_and_the_images_behind_a_cell(open_view, measured_store):
    app, drawn, _ = open_view(measured_store.root, read_only=True)
    assert not [button for button in app.button if "Measure" in button.label] and not app.code
    std, minmax = std_and_minmax(measured_store)
    found = {one.target: one for one in read_transfers(measured_store, std).values()}
    figure, _ = drawn["transfer-matrix"]
    assert figure.data[0].z[0][0] == pytest.approx(100 * found[std].figures().accuracy, abs=1e-3)
    cells = app.dataframe[0].value
    assert cells.iloc[0, 1:].tolist() == pytest.approx([100 * found[name].figures().accuracy for name in (std, minmax)])

    figures = found[minmax].figures()
    assert f"also misclassifies {figures.n_transferred} of them" in said(app)
    grids = [grid for key, grid in drawn.items() if key.startswith("transferred-")]
    fooling, wrong = found[minmax].is_fooling, found[minmax].is_wrong
    both, one = np.flatnonzero(fooling & wrong), np.flatnonzero(fooling & ~wrong)
    shown = both if len(both) else one
    assert len(grids) == min(len(shown), 6) > 0
    for position, grid in zip(shown, grids, strict=False):
        assert grid.truth == str(found[minmax].labels[position])
        source, target = grid.rows
        assert [cell.prediction for cell in source.cells] == [
            str(found[std].source_clean[position]), str(found[std].source_adversarial[position])
        ]  # fmt: skip
        assert [cell.prediction for cell in target.cells] == [
            str(found[minmax].target_clean[position]), str(found[minmax].target_adversarial[position])
        ]  # fmt: skip
        assert source.cells[0].is_correct and not source.cells[1].is_correct
        assert source.cells[1].image == target.cells[1].image != source.cells[0].image
    rates = app.dataframe[1].value
    assert len(rates) == 1 and rates["Transfer rate (%)"].iloc[0] == pytest.approx(100 * figures.rate)


def test_a_network_trained_anew_leaves_no_old_answer(open_view, measured_store, tmp_path):
    shutil.copytree(measured_store.root, tmp_path / "store")
    store = RunStore(tmp_path / "store")
    std, minmax = std_and_minmax(store)
    open_view(store.root)
    assert {target for _, _, target in measured.transfers(std)} == {std, minmax}
    shutil.copy(store.folder(std) / MODEL, store.folder(minmax) / MODEL)
    assert {target for _, _, target in measured.transfers(std)} == {std}


def test_one_run_alone_is_told_to_find_another(open_view, measured_store, tmp_path):
    std, minmax = std_and_minmax(measured_store)
    shutil.copytree(measured_store.root, tmp_path / "store", ignore=shutil.ignore_patterns(minmax))
    app, drawn, _ = open_view(tmp_path / "store")
    assert "Choose at least two runs" in said(app)
    assert not [button for button in app.button if "Measure" in button.label]
    (own,) = [one for key, one in measured.transfers(std).items() if key[2] == std]
    assert drawn["transfer-matrix"][0].data[0].z[0] == pytest.approx([100 * own.figures().accuracy], abs=1e-3)
