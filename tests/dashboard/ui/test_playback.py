"""Time on a page: what the server holds or follows, and what it makes of what the browser says."""

import pytest

from dashboard.ui import playback
from engine.queue.run_queue import RunQueue
from tests.dashboard.ui.held import follow, hold


@pytest.fixture
def mounted(monkeypatch):
    """Data of the player that was drawn last."""
    data = {}
    monkeypatch.setattr(playback, "_mount", lambda **arguments: data.update(arguments["data"]))
    return data


@pytest.fixture
def state(monkeypatch):
    """Session state of its own, in which a player holds 0.5 of three epochs."""
    state = playback.st.session_state.__class__()
    monkeypatch.setattr(playback.st, "session_state", state)
    state.mode, state.moment, state.held = "hold", 0.5, [0.0, 0.5, 1.0]
    return state


def test_the_player_gets_every_epoch_and_the_one_to_show(open_page, trained_store, mounted):
    open_page("weights", trained_store.root, epoch="0.25")
    assert mounted["names"] == ["0", "0.25", "0.5", "0.75", "1"]
    assert (mounted["now"], mounted["isLive"], mounted["isFollowing"]) == ("0.25", False, False)


def test_only_the_address_moves_what_a_reader_holds(open_page, trained_store, mounted):
    app = open_page("weights", trained_store.root)
    order = mounted["order"]
    assert hold(app, 0.5).query_params["epoch"] == "0.5"
    assert mounted["order"] == order, "the browser is there already"
    app.query_params["epoch"] = "0.25"
    app.run()
    assert mounted["order"] != order and mounted["now"] == "0.25"


def test_what_the_browser_sends_is_held_or_followed(state):
    playback.obey({"epoch": "1", "isFollowing": False})
    assert (state.mode, state.moment) == ("hold", 1.0)
    playback.obey({"epoch": "1", "isFollowing": True})
    assert playback.is_following()
    playback.obey({"epoch": "0", "isFollowing": False})
    assert (state.mode, state.moment) == ("hold", 0.0)


@pytest.mark.parametrize("sent", [None, "0", 1.0, [], {}, {"epoch": "0.7"}, {"epoch": 0.0}, {"epoch": None}])
def test_what_names_no_epoch_is_ignored(state, sent):
    playback.obey(sent)
    assert (state.mode, state.moment) == ("hold", 0.5)


def test_what_trains_is_followed_until_someone_holds_it(open_page, store, mounted, drawn):
    """While following only the newest picture is sent; a player that holds an epoch keeps the epochs it has."""
    queue = RunQueue(store.root)
    for run_id in store.run_ids():
        (store.root / run_id / "result.json").unlink()
        metrics = store.root / run_id / "metrics.jsonl"
        lines = metrics.read_bytes().splitlines(keepends=True)
        metrics.write_bytes(b"".join(lines[:2]))
        queue.submit(run_id, "train", run_id, {})
        queue.resume(run_id)
    app = open_page("weights", store.root)
    assert mounted["isFollowing"] and mounted["now"] == "0.25"
    assert drawn["Histogram conv1"][1]["film"]["frames"] == ""
    metrics.write_bytes(b"".join(lines[:4]))
    app.run()
    assert mounted["now"] == "0.75" and mounted["names"][-1] == "0.75"
    hold(app, 0.75)
    assert drawn["Histogram conv1"][1]["film"]["frames"] != ""
    metrics.write_bytes(b"".join(lines))
    app.run()
    assert (mounted["now"], mounted["names"][-1]) == ("0.75", "0.75")
    follow(app)
    assert (mounted["now"], mounted["names"][-1]) == ("1", "1")
