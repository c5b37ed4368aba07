"""Weights on recorded runs: what is drawn is what is stored, and an address brings it back."""

import json

import numpy as np
import pytest

from dashboard.ui import live_charts
from dashboard.ui.playback import CLOCK
from dashboard.weights import exhibits
from engine.runs.records import read_conv_weights, read_metrics
from tests.dashboard.store_runs import std_and_minmax
from tests.dashboard.ui.held import hold


def test_one_slider_moves_every_run(open_page, trained_store, drawn):
    app = open_page("weights", trained_store.root)
    for epoch, position in ((0.0, 0), (0.5, 2), (1.0, 4)):
        hold(app, epoch)
        table = drawn["Histogram conv1"][1]["table"]
        for run_id in std_and_minmax(trained_store):
            rows = table[table["run_id"] == run_id]
            weights = read_conv_weights(trained_store.folder(run_id), "conv1")[position]
            edges = np.append(rows["left"], rows["right"].iloc[-1])
            assert rows["count"].tolist() == np.histogram(weights.clip(edges[0], edges[-1]), edges)[0].tolist()


def test_a_rerun_computes_nothing_until_another_epoch_is_shown(open_page, trained_store, count_calls):
    names = ("layer_film", "history_frame", "phase_parts", "comparison_frame")
    computed = count_calls(exhibits, *names)
    app = open_page("weights", trained_store.root)
    assert set(computed) == set(names)
    computed.clear()
    app.run()
    assert not computed and not app.exception
    hold(app, 0.5)
    assert computed == {"layer_film": 1, "comparison_frame": 1}, "histories do not depend on the epoch"


def test_an_address_brings_the_view_back(open_page, trained_store, drawn):
    std, minmax = std_and_minmax(trained_store)
    query = {"runs": [minmax], "epoch": "0.5", "view": "Weight by weight", "layers": ["Second convolution"]}
    app = open_page("weights", trained_store.root, **query)
    assert not app.exception
    assert app.multiselect[0].value == [minmax]
    assert app.session_state["moment"] == 0.5
    table = drawn["Weight by weight conv2"][1]["table"]
    weights = read_conv_weights(trained_store.folder(minmax), "conv2")[2]
    np.testing.assert_array_equal(table["weight"], weights)
    assert "Weight by weight conv1" not in drawn


@pytest.mark.parametrize("epoch", ["soon", "nan", "1e9", "-3"])
def test_an_address_with_another_epoch_still_opens(open_page, trained_store, epoch):
    app = open_page("weights", trained_store.root, epoch=epoch)
    assert not app.exception
    assert app.session_state["moment"] in (0.0, 1.0)


def test_the_address_names_the_epoch_that_is_held(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    assert "epoch" not in app.query_params
    hold(app, 0.25)
    assert app.query_params["epoch"] == "0.25"
    hold(app, 1.0)
    assert "epoch" not in app.query_params


@pytest.mark.parametrize("view", ["Histogram", "Whole training", "Weight by weight", "Membership ρ", "Filters"])
def test_every_view_is_drawn_for_both_layers(open_page, trained_store, drawn, view):
    app = open_page("weights", trained_store.root, view=view, layers=["First convolution", "Second convolution"])
    assert not app.exception
    assert {f"{view} conv1", f"{view} conv2", "histories conv1", "path conv2"} <= set(drawn)
    assert all(words["alt"] and words["table"] is not None for _, words in drawn.values())


def test_ratios_are_to_the_chosen_reference(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    table = app.dataframe[0].value
    last = {run_id: read_metrics(trained_store.folder(run_id))[-1] for run_id in std_and_minmax(trained_store)}
    std, minmax = (last[run_id]["fuzziness"]["conv1"] for run_id in std_and_minmax(trained_store))
    by_run = dict(zip(table["Run"], table["Fuzziness, reference ÷ run"], strict=True))
    assert by_run["Std · seed 0"] == 1.0
    assert by_run["Min-Max λ 0.1 μ 0.1 · seed 0"] == pytest.approx(std / minmax)


def test_charts_bring_the_epochs_that_the_browser_shows(open_page, trained_store, drawn):
    open_page("weights", trained_store.root, epoch="0.5")
    for key in ("Histogram conv1", "histories conv1", "path conv1"):
        film = drawn[key][1]["film"]
        assert (film["clock"], film["now"]) == (CLOCK, "0.5")
        assert [frame["name"] for frame in json.loads(film["frames"])] == ["0", "0.25", "0.5", "0.75", "1"]


def test_csv_holds_the_numbers_that_are_drawn(open_page, trained_store, drawn):
    open_page("weights", trained_store.root)
    figure, words = drawn["histories conv1"]
    table = words["table"]
    assert live_charts.csv_text(table).splitlines()[0].startswith("run_id,label,variant,epoch,fuzziness")
    for run_id in std_and_minmax(trained_store):
        (line,) = [trace for trace in figure.data if trace.uid == f"{run_id}-fuzziness"]
        np.testing.assert_array_equal(line.y, table[table["run_id"] == run_id]["fuzziness"])


def test_an_address_without_a_view_shows_the_first(open_page, trained_store, drawn):
    app = open_page("weights", trained_store.root, view="")
    assert not app.exception and not app.error
    assert "Histogram conv1" in drawn


def test_the_address_wins_over_the_epoch_held_before(open_page, trained_store):
    """What a link or the browser's buttons ask for is obeyed, not written over."""
    app = open_page("weights", trained_store.root, epoch="0.5")
    assert app.session_state["moment"] == 0.5
    app.query_params["epoch"] = "0.25"
    assert app.run().session_state["moment"] == 0.25
    del app.query_params["epoch"]
    assert app.run().session_state["moment"] == 1.0


def test_a_run_that_an_address_names_twice_is_shown_once(open_page, trained_store):
    """Std comes last, so that its place among all names would not be its place among the runs."""
    std, minmax = std_and_minmax(trained_store)
    app = open_page("weights", trained_store.root, runs=[minmax, minmax, minmax, std])
    assert not app.exception and app.multiselect[0].value == [minmax, std]
    assert app.query_params["runs"] == [minmax, std] and app.selectbox(key="reference").value == std


def test_runs_that_an_address_names_in_vain_are_mentioned(open_page, trained_store):
    std, _ = std_and_minmax(trained_store)
    app = open_page("weights", trained_store.root, runs=[std, "mnist-std-gone"])
    assert app.multiselect[0].value == [std]
    assert any("1 run in this link is not in this store" in caption.value for caption in app.caption)
