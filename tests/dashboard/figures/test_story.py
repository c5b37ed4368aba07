"""The film of the first page: every frame is a moment of the tables, and nothing else moves."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.palette import SHADES
from dashboard.figures.story import MOST_FRAMES, story_figure
from dashboard.frames.histories import epoch_names

RUNS = [("r1", "Std · seed 0", "std", 5), ("r2", "Adv <i>", "adv", 5), ("r3", "Brought along", "custom", 1)]
EDGES = np.linspace(-1, 1, 9)
N = 40


def tables(runs=RUNS, step: float = 0.5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Density and history, other numbers for every run and snapshot."""
    density, history = [], []
    for number, (run_id, label, variant, snapshots) in enumerate(runs):
        who, random = {"run_id": run_id, "label": label, "variant": variant}, np.random.default_rng(number)
        for index in range(snapshots):
            counts = random.multinomial(N, np.full(8, 1 / 8))
            density.append(
                pd.DataFrame(who | {"epoch": step * index, "left": EDGES[:-1], "right": EDGES[1:], "count": counts})
            )
            history.append(
                who | {"epoch": step * index, "fuzziness": random.random(), "near_zero": float(number + index)}
            )
    return pd.concat(density), pd.DataFrame(history)


def at(table: pd.DataFrame, run_id: str, epoch: float) -> pd.DataFrame:
    rows = table[(table["run_id"] == run_id) & (table["epoch"] <= epoch)]
    return rows[rows["epoch"] == rows["epoch"].max()]


@pytest.fixture
def film():
    return tables()


def test_every_frame_is_its_moment(film):
    density, history = film
    figure = story_figure(density, history, "First convolution")
    assert [frame.name for frame in figure.frames] == ["0", "0.5", "1", "1.5", "2"]
    for frame in figure.frames:
        changed = {figure.data[place].uid: part for place, part in zip(frame.traces, frame.data, strict=True)}
        for run_id, *_ in RUNS:
            counts = at(density, run_id, float(frame.name))["count"].tolist()
            histogram = changed[f"{run_id}-now"]
            assert list(histogram.customdata)[1:-1] == counts and sum(counts) == N
            assert list(histogram.y)[1:-1] == [max(count, 0.5) for count in counts]
            now = at(history, run_id, float(frame.name))
            for quantity in ("fuzziness", "near_zero"):
                marker = changed[f"{run_id}-{quantity}-now"]
                assert (list(marker.x), list(marker.y)) == (now["epoch"].tolist(), now[quantity].tolist())


def test_the_figure_shows_the_last_moment(film):
    figure = story_figure(*film, "First convolution")
    last = figure.frames[-1]
    for place, part in zip(last.traces, last.data, strict=True):
        np.testing.assert_array_equal(figure.data[place].y, part.y)
        if part.x is not None:
            np.testing.assert_array_equal(figure.data[place].x, part.x)


def test_only_what_moves_is_replaced_and_ranges_are_fixed(film):
    density, history = film
    figure = story_figure(density, history, "First convolution")
    assert {trace.type for trace in figure.data} == {"scatter"}
    still = [trace.uid for place, trace in enumerate(figure.data) if place not in figure.frames[0].traces]
    assert still == [
        *("r1-initial", "r1-fuzziness", "r1-near_zero", "r2-initial", "r2-fuzziness", "r2-near_zero"),
        *("r3-fuzziness", "r3-near_zero"),
    ], "a single snapshot has no beginning to compare with"
    layout = figure.layout
    for axis in ("xaxis", "yaxis", "xaxis4", "yaxis4", "xaxis5", "yaxis5"):
        assert layout[axis].range is not None
    assert layout.xaxis3.matches == "x" and layout.yaxis3.matches == "y" and layout.yaxis.type == "log"
    assert list(layout.xaxis.range) == [-1, 1]
    assert 10 ** layout.yaxis.range[1] > density["count"].max() and 10 ** layout.yaxis.range[0] == 0.5
    for axis, quantity in (("4", "fuzziness"), ("5", "near_zero")):
        low, high = layout[f"yaxis{axis}"].range
        assert low <= history[quantity].min() and history[quantity].max() < high
        assert layout[f"xaxis{axis}"].range[0] < 0 and layout[f"xaxis{axis}"].range[1] > 2
    title = figure.layout.title.text
    for frame in figure.frames:
        assert frame.layout.to_plotly_json() == {"title": {"text": f"{title}, epoch {frame.name}"}}
    assert not layout.updatemenus and not layout.sliders


def test_lines_are_whole_and_the_outline_is_epoch_0(film):
    density, history = film
    figure = story_figure(density, history, "First convolution")
    traces = {trace.uid: trace for trace in figure.data}
    assert traces["r2-fuzziness"].y.tolist() == history[history["run_id"] == "r2"]["fuzziness"].tolist()
    assert traces["r2-initial"].customdata.tolist()[1:-1] == at(density, "r2", 0)["count"].tolist()
    assert traces["r2-initial"].line.dash == "dot"
    assert (traces["r2-now"].xaxis, traces["r2-initial"].yaxis, traces["r2-fuzziness-now"].xaxis) == ("x2", "y2", "x4")
    assert traces["r2-now"].line.color == traces["r2-near_zero-now"].marker.color == SHADES["adv"][0]
    assert len(traces) == len(figure.data)


def test_panels_bear_the_labels_and_say_what_the_outermost_bins_hold(film):
    figure = story_figure(*film, "First <convolution>")
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:3] == ["Std · seed 0", "Adv &lt;i&gt;", "Brought along"]
    assert "outermost bins" in texts[3]
    assert all(text.startswith("First &lt;convolution&gt;: ") for text in texts[4:])
    legend = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert legend == ["At epoch 0", "Std · seed 0", "Adv &lt;i&gt;", "Brought along"]


def test_a_long_film_is_thinned_and_keeps_its_ends():
    figure = story_figure(*tables([("r1", "Std", "std", 121)], step=0.1), "First convolution")
    names = [frame.name for frame in figure.frames]
    assert len(names) == len(set(names)) == MOST_FRAMES
    assert (names[0], names[-1]) == ("0", "12")
    assert len(figure.data[1].x) == 121, "the line has them all"


def test_runs_of_other_length_and_pace_stay_where_they_are():
    fast, slow = tables([("r1", "Std", "std", 3)], 0.5), tables([("r2", "Adv", "adv", 2)], 2.0)
    density, history = (pd.concat(pair) for pair in zip(fast, slow, strict=True))
    frames = {frame.name: frame.data for frame in story_figure(density, history, "First convolution").frames}
    assert list(frames) == ["0", "0.5", "1", "2"]
    assert [list(part.x) for part in frames["1"] if part.x is not None] == [[1], [1], [0], [0]]
    assert [list(part.x) for part in frames["2"] if part.x is not None] == [[1], [1], [2], [2]]


@pytest.mark.parametrize(
    ("epochs", "names"),
    [
        ([0, 0.2, 10], ["0", "0.2", "10"]),
        ([0, 0.10021, 10.0], ["0", "0.1", "10"]),
        ([0, 0.25, 0.5], ["0", "0.25", "0.5"]),
        ([0, 0.001, 0.1], ["0", "0.001", "0.1"]),
        ([0.0], ["0"]),
        ([100, 200], ["100", "200"]),
    ],
)
def test_epochs_are_named_by_two_decimals_or_what_tells_them_apart(epochs, names):
    assert epoch_names(epochs) == names


def test_runs_beyond_the_fifth_are_named_as_left_out():
    many = [(f"r{index}", f"Run {index} · seed 0", "std", 2) for index in range(6)]
    figure = story_figure(*tables(many), "First convolution")
    assert figure.layout.title.text.endswith("(the first 5 of 6 runs)")
    assert [note.text for note in figure.layout.annotations][:5] == [f"Run {index}<br>seed 0" for index in range(5)]


def test_what_does_not_fit_together_is_refused(film):
    density, history = film
    with pytest.raises(ValueError, match="r3"):
        story_figure(density, history[history["run_id"] != "r3"], "First convolution")
    with pytest.raises(ValueError, match="fuzziness"):
        story_figure(density, history.drop(columns="fuzziness"), "First convolution")
    empty = story_figure(density.head(0), history.head(0), "First convolution")
    assert empty.layout.annotations[-1].text == "No data recorded yet" and not empty.frames
