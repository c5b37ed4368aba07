"""A page that follows a long run: what it draws and reads does not grow with the run."""

import numpy as np
import pytest

from dashboard.frames.histories import POINTS, history_frame, moments
from dashboard.frames.labels import LAYERS
from dashboard.frames.tables import steady, telling
from dashboard.ui.layer_pictures import VIEWS
from engine.runs import growing_file
from engine.runs.records import METRICS
from tests.benchmarks.large_store import SIZES, GrowingRun

LONG = 2500


@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    root = tmp_path_factory.mktemp("long") / "store"
    root.mkdir()
    run = GrowingRun(root, LONG)
    yield run
    run.close()


def points(figure) -> int:
    """The most points of a trace; of a heat map, its columns."""
    return max(len(trace["x"]) for trace in figure.to_dict()["data"] if trace.get("x") is not None)


@pytest.mark.parametrize("view", VIEWS)
def test_every_chart_of_a_long_run_has_few_points(open_page, long_run, drawn, view):
    query = {"runs": [long_run.run_id], "layers": list(LAYERS.values()), "view": view}
    app = open_page("weights", long_run.root, **query)
    assert not app.exception
    histories = [figure for key, (figure, _) in drawn.items() if key.startswith(("histories", "path", "Whole"))]
    assert len(histories) >= 4 and all(0 < points(figure) <= POINTS for figure in histories)
    assert any(f"at most {POINTS} of up to {long_run.count:,}" in note.value for note in app.caption)
    tables = [words["table"] for key, (_, words) in drawn.items() if words["table"] is not None]
    assert all(table.rows == long_run.count for table in tables if hasattr(table, "build"))


def test_a_tick_reads_what_was_appended(open_page, long_run, drawn, monkeypatch):
    app = open_page("weights", long_run.root, runs=[long_run.run_id], layers=list(LAYERS.values()))
    metrics = long_run.root / long_run.run_id / METRICS
    before, sizes, look = metrics.stat().st_size, [], growing_file.GrowingFile.look

    def counted(file, most=-1):
        found = look(file, most)
        sizes.append(len(found[1]))
        return found

    monkeypatch.setattr(growing_file.GrowingFile, "look", counted)
    long_run.grow()
    app.run()
    assert not app.exception
    assert sum(sizes) == metrics.stat().st_size - before + 4 * sum(SIZES.values())


def test_thinned_series_keep_ends_and_extremes():
    values = np.sin(np.arange(20_000) / 3000)
    values[777], values[12_345] = -9.0, 9.0
    probed = np.where(np.arange(20_000) % 7 == 3, values, np.nan)
    kept = telling([values, probed], 500)
    assert len(kept) <= 500 and {0, 777, 12_345, 19_999} <= set(kept.tolist())
    assert np.count_nonzero(~np.isnan(probed[kept])) > 100, "a series with gaps keeps points of its own"
    assert (np.diff(kept) > 0).all() and len(telling([values[:0]], 500)) == 0


def test_thinning_hardly_changes_while_a_run_grows():
    for count in (501, 5000, 20_000):
        early, late = set(steady(count, 500).tolist()), set(steady(count + 1, 500).tolist())
        assert len(early - late) <= 1 and len(late - early) <= 1
    assert steady(400, 500).tolist() == list(range(400)) and steady(0, 500).tolist() == []


def test_an_epoch_that_is_held_stays_among_those_to_choose_from():
    records = {"a": [{"epoch": index / 7} for index in range(5000)]}
    held = round(1234 / 7, 6)
    some = moments(records, 500)
    assert len(some) <= 501 and some[0] == 0.0 and some[-1] == round(4999 / 7, 6)
    assert held in moments(records, 500, held) and 0.123 not in moments(records, 500, 0.123)


def test_a_short_run_is_drawn_in_full(trained_runs, trained_store):
    records = {run.run_id: [{"epoch": index / 4, "loss": 1.0, "clean_accuracy": 0.5, "robust_accuracy": None}
                            for index in range(POINTS)] for run in trained_runs}  # fmt: skip
    assert history_frame(trained_runs, records, "conv1", POINTS).equals(history_frame(trained_runs, records, "conv1"))
