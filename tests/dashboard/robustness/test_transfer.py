"""The transfer matrix as it is drawn: its numbers, its images, and the button that measures what is missing."""

import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import measured
from dashboard.figures.transfers import transfer_figure
from dashboard.frames.transfers import accuracy_matrix, transfer_frame
from dashboard.robustness.transfer_images import transfer_protocol
from engine.measurements.transfer.measure import transfer_run
from engine.measurements.transfer.read import read_transfers
from engine.measurements.transfer.request import TransferRequest
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore


@pytest.fixture(scope="session")
def measured_store(trained_store, tmp_path_factory):
    """A copy in which the Std run's fgsm images were shown to both runs. Read only."""
    root = tmp_path_factory.mktemp("measured") / "store"
    shutil.copytree(trained_store.root, root)
    store = RunStore(root)
    std, minmax = ids(store)
    transfer_run(store, std, TransferRequest(attack="fgsm", targets=(std, minmax), samples=30), root.parent, "cpu")
    return store


@pytest.fixture
def open_view(run_function, drawn, started_workers):
    """(store, read only) -> AppTest of the form and the view, and what was drawn: charts and grids by key."""

    def page():
        # the test runner executes this function's text alone
        from dashboard import sources
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
        draw_transfer(here, chosen, PageExport("Transfer"))

    def open_it(root, read_only=False):
        return run_function(page, root, read_only), drawn, started_workers

    return open_it


def ids(store) -> tuple[str, str]:
    """Of the Std and the Min-Max run."""
    std, minmax = sorted(store.run_ids(), key=lambda run_id: "min-max" in run_id)
    return std, minmax


def said(app) -> str:
    return " ".join(str(element.value) for kind in ("info", "caption", "markdown") for element in app.get(kind))


def test_frame_and_matrix_hold_what_was_counted(measured_store):
    runs = sorted(list_runs(measured_store, RunQueue(measured_store.root))[0], key=lambda run: run.config.variant)
    minmax, std = (run.run_id for run in runs)
    found = list(read_transfers(measured_store, std).values())
    frame = transfer_frame(runs, found)
    assert list(zip(frame["source_id"], frame["target_id"], strict=True)) == [(std, minmax), (std, std)]
    labels = list(dict.fromkeys(run.config.label for run in runs))
    matrix = accuracy_matrix(frame, labels)
    assert list(matrix.index) == list(matrix.columns) == labels and matrix.loc[labels[0]].isna().all()
    for one in found:
        row = frame.set_index("target_id").loc[one.target]
        right = np.mean(np.array(one.target_adversarial) == np.array(one.labels))
        assert row["accuracy"] == right and row["is_white_box"] == (one.target == std)
        assert matrix.loc[labels[1], row["target"]] == pytest.approx(100 * right)
    assert transfer_frame(runs, []).empty


def test_figure_has_a_fixed_scale_a_hole_and_a_framed_diagonal():
    import pandas as pd

    names = ["a <b>", "c"]
    matrix = pd.DataFrame([[12.5, 100.0], [np.nan, np.nan]], index=names, columns=names)
    figure = transfer_figure(matrix, {"c": 97.0}, "Matrix")
    (heat,) = figure.data
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert [list(row) for row in heat.z] == [[12.5, 100.0], [None, None]]
    assert list(figure.layout.xaxis.ticktext) == ["a &lt;b&gt;", "c"]
    assert "97.0 % without an attack" in heat.text[0][1] and "unknown" in heat.text[0][0]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first row is on top"
    (framed,) = figure.layout.shapes
    assert framed.x0 < 0 < framed.x1 and framed.y0 < 0 < framed.y1


def test_nothing_measured_yet(open_view, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    app, drawn, started = open_view(tmp_path / "store")
    std, minmax = ids(trained_store)
    assert "Nobody has shown" in said(app) and drawn == {}
    app.selectbox(key="transfer-attack").set_value("fgsm")
    app.number_input(key="transfer-samples").set_value(30).run()
    assert f"engine transfer {std} {minmax} --attack fgsm --samples 30 --epsilon 0.3" in app.code[0].value
    (button,) = app.button
    assert button.label == "Measure"
    button.click().run()
    jobs = RunQueue(tmp_path / "store").jobs()
    requests = {job.run_id: TransferRequest(**job.payload) for job in jobs if job.kind == "transfer"}
    assert requests == dict.fromkeys((std, minmax), TransferRequest(attack="fgsm", targets=(std, minmax), samples=30))
    assert [one.root for one in started] == [tmp_path / "store"] and not app.exception


def test_only_missing_rows_are_queued(open_view, measured_store, tmp_path):
    shutil.copytree(measured_store.root, tmp_path / "store")
    app, _, _ = open_view(tmp_path / "store")
    std, minmax = ids(measured_store)
    app.selectbox(key="transfer-attack").set_value("fgsm")
    app.number_input(key="transfer-samples").set_value(30).run()
    (button,) = [button for button in app.button if "Measure" in button.label]
    assert button.label == "Measure 1 missing of 2 rows"
    button.click().run()
    jobs = [job for job in RunQueue(tmp_path / "store").jobs() if job.kind == "transfer"]
    assert [job.run_id for job in jobs] == [minmax]


def test_the_matrix_and_the_images_behind_a_cell(open_view, measured_store):
    app, drawn, _ = open_view(measured_store.root, read_only=True)
    assert not [button for button in app.button if "Measure" in button.label] and not app.code
    std, minmax = ids(measured_store)
    found = {one.target: one for one in read_transfers(measured_store, std).values()}
    figure, _ = drawn["transfer-matrix"]
    assert figure.data[0].z[0][0] == pytest.approx(100 * found[std].figures().accuracy, abs=1e-3)
    cells = app.dataframe[0].value
    assert cells.iloc[0, 1:].tolist() == pytest.approx([100 * found[name].figures().accuracy for name in (std, minmax)])

    figures = found[minmax].figures()
    assert f"{figures.n_transferred} of them wrong too" in said(app)
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
    std, minmax = ids(store)
    open_view(store.root)
    assert {target for _, _, target in measured.transfers(std)} == {std, minmax}
    shutil.copy(store.folder(std) / MODEL, store.folder(minmax) / MODEL)
    assert {target for _, _, target in measured.transfers(std)} == {std}


def test_one_run_alone_is_told_to_find_another(open_view, measured_store, tmp_path):
    std, minmax = ids(measured_store)
    shutil.copytree(measured_store.root, tmp_path / "store", ignore=shutil.ignore_patterns(minmax))
    app, drawn, _ = open_view(tmp_path / "store")
    assert "Choose another run" in said(app) and not [button for button in app.button if "Measure" in button.label]
    (own,) = [one for key, one in measured.transfers(std).items() if key[2] == std]
    assert drawn["transfer-matrix"][0].data[0].z[0] == pytest.approx([100 * own.figures().accuracy], abs=1e-3)


def test_pictures_are_found_where_fewer_images_were_there_than_asked_for(few_images, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    store = RunStore(tmp_path / "store")
    std, minmax = ids(store)
    request = TransferRequest(attack="fgsm", targets=(minmax,), samples=9_999)
    (transfer,) = transfer_run(store, std, request, few_images, "cpu")
    assert transfer.n == 100 and transfer_protocol(transfer) == request.protocol_id
    assert transfer_protocol(transfer.model_copy(update={"samples": None})) != request.protocol_id


def test_images_that_fool_both_come_first_six_at_a_time():
    def page():
        import streamlit as st

        from dashboard.robustness.transfer_images import pick_images
        from engine.attacks.catalog import ATTACKS
        from engine.attacks.threat import ThreatModel
        from engine.robustness.transfer import Transfer

        n = 24
        labels, wrong = (0,) * n, (1,) * n
        thirds = tuple(int(place % 3 == 0) for place in range(n))  # these fool the target too
        transfer = Transfer(
            source="a", target="b", attack=ATTACKS["pgd"], threat=ThreatModel(), pixel_epsilon=(0.1,), seed=0,
            source_weights="", target_weights="", labels=labels, source_clean=labels, source_adversarial=wrong,
            target_clean=labels, target_adversarial=thirds,
        )  # fmt: skip
        st.text(" ".join(map(str, pick_images(transfer, kept=22))))

    app = AppTest.from_function(page).run()
    assert app.text[0].value == "0 3 6 9 12 15"
    app.number_input(key="transfer-page").set_value(2).run()
    assert app.text[0].value == "18 21" and not app.exception
    (kinds,) = app.button_group
    assert kinds.options == [
        "Fool both (8 with pictures)", "Fool only the network they were made on (14 with pictures)"
    ]  # fmt: skip
    kinds.set_value("Fool only the network they were made on (14 with pictures)").run()
    assert app.text[0].value == "10 11 13 14 16 17" and not app.exception
