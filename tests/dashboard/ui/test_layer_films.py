"""A frame applied to a figure is the figure that is drawn at that epoch."""

import base64
import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures.frames import frame, frames_json, whole_frame
from dashboard.figures.histories import history_panels, panel_cursors, phase_figure, phase_parts
from dashboard.frames.histories import epoch_names, history_frame, moments
from dashboard.frames.layer_moment import LayerMoment
from dashboard.ui.layer_films import layer_film
from dashboard.ui.layer_pictures import VIEWS, Look
from engine.runs.records import read_conv_weights, read_metrics

LOOKS = (Look(), Look(bins=21, whole=True, log_counts=False))


@pytest.fixture(scope="module")
def layers(trained_store, trained_runs):
    """Layer -> the runs of the store at their last epoch."""
    records = {run.run_id: read_metrics(trained_store.folder(run.run_id)) for run in trained_runs}
    return {
        layer: LayerMoment(
            layer,
            1.0,
            trained_runs,
            records,
            {run.run_id: read_conv_weights(trained_store.folder(run.run_id), layer) for run in trained_runs},
        )
        for layer in ("conv1", "conv2")
    }


def decoded(value):
    """Plotly's JSON with lists in place of typed arrays, and None in place of NaN."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        shape = [int(size) for size in str(value.get("shape", array.size)).split(",")]
        return decoded(array.reshape(shape).astype(float).tolist())
    if isinstance(value, dict):
        return {name: decoded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [decoded(each) for each in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def merged(base, over):
    """As in frontend/theme.js."""
    if not isinstance(over, dict):
        return over
    base = base if isinstance(base, dict) else {}
    return base | {name: merged(base.get(name), each) for name, each in over.items()}


def shown(figure: go.Figure) -> dict:
    return decoded(json.loads(figure.to_json(remove_uids=False)))


def applied(figure: go.Figure, change: dict) -> dict:
    """The figure at a frame, as `atFrame` in frontend/theme.js."""
    change = decoded(change)
    if change.get("isWhole"):
        return {"data": change["data"], "layout": change["layout"]}
    drawn = shown(figure)
    for place, part in zip(change.get("traces", ()), change.get("data", ()), strict=True):
        drawn["data"][place] = merged(drawn["data"][place], part)
    return {"data": drawn["data"], "layout": merged(drawn["layout"], change["layout"])}


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_frame_makes_the_figure_of_its_epoch(layers, view, look, layer):
    moment = layers[layer]
    epochs = moments(moment.records)
    figure = VIEWS[view](moment, look).figure
    named = dict(zip(epoch_names(epochs), epochs, strict=True))
    film = json.loads(frames_json(layer_film(view, moment, look, named, figure), 10**9))
    assert [one["name"] for one in film] == ["0", "0.25", "0.5", "0.75", "1"]
    for epoch, change in zip(epochs, film, strict=True):
        there = shown(VIEWS[view](replace(moment, epoch=epoch), look).figure)
        assert applied(figure, change) == {"data": there["data"], "layout": there["layout"]}


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_that_begins_later_has_frames_too(layers, view):
    whole = layers["conv1"]
    late = whole.runs[0].run_id
    records = whole.records | {late: whole.records[late][-1:]}
    moment = replace(whole, records=records, weights=whole.weights | {late: whole.weights[late][-1:]})
    figure = VIEWS[view](moment, Look()).figure
    film = json.loads(frames_json(layer_film(view, moment, Look(), {"0.5": 0.5, "1": 1.0}, figure)))
    for epoch, change in zip((0.5, 1.0), film, strict=True):
        there = shown(VIEWS[view](replace(moment, epoch=epoch), Look()).figure)
        assert applied(figure, change) == {"data": there["data"], "layout": there["layout"]}


@pytest.mark.parametrize("cursor", [None, 0.0, 0.5])
def test_cursors_of_histories_move(layers, trained_runs, cursor):
    history = history_frame(trained_runs, layers["conv1"].records, "conv1")
    panels = frame("x", layout={"shapes": panel_cursors(cursor)})
    there = {"shapes": []} | shown(history_panels(history, "Title", cursor=cursor))["layout"]
    assert applied(history_panels(history, "Title", cursor=0.25), panels)["layout"] == there
    parts = phase_parts(history, [cursor])[0]
    path = json.loads(frames_json([frame("x", parts, places=range(1, 2 * len(parts), 2))]))[0]
    assert (
        applied(phase_figure(history, cursor=0.25), path)["data"] == shown(phase_figure(history, cursor=cursor))["data"]
    )


def test_frames_stay_below_their_limit_and_keep_their_ends():
    frames = [frame(str(place), [{"y": np.arange(1000.0) + place}]) for place in range(40)]
    kept = json.loads(written := frames_json(frames, 60_000))
    assert len(written) <= 60_000 + 6000 and len(kept) >= 8
    assert (kept[0]["name"], kept[-1]["name"]) == ("0", "39")


def test_a_whole_frame_is_json():
    figure = go.Figure(data=[{"type": "scatter", "x": np.arange(3), "y": np.array([0.1, np.nan, 1 / 3])}])
    (change,) = json.loads(frames_json([whole_frame("0", figure)]))
    assert decoded(change["data"][0]["y"]) == [0.1, None, 1 / 3]
