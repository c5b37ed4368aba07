"""Time on a page: held, played, followed."""

from engine.queue.run_queue import RunQueue


def moment_of(app) -> float:
    return app.session_state["moment"]


def press(app, key):
    return app.button(key=key).click().run()


def test_scrubbing_shows_another_moment(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    assert app.select_slider[0].value == moment_of(app) == 1.0
    app.select_slider[0].set_value(0.0).run()
    assert not app.exception
    assert moment_of(app) == 0.0
    assert moment_of(press(app, "forward")) == 0.25
    assert moment_of(press(press(app, "back"), "back")) == 0.0, "it does not go before the beginning"
    assert app.select_slider[0].value == 0.0


def test_playing_begins_again_at_the_end_and_stops_there(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    press(app, "play")
    seen = [moment_of(app)]
    while app.session_state["mode"] == "play" and len(seen) < 10:
        seen.append(moment_of(app.run()))
    assert seen == [0.25, 0.5, 0.75, 1.0]
    assert app.select_slider[0].value == 1.0
    press(press(app, "play"), "pause")
    assert app.session_state["mode"] == "hold" and 0.0 < moment_of(app) < 1.0


def test_what_trains_is_followed_until_someone_holds_it(open_page, store):
    """A stale report from the browser must not look like a hand on the slider: while following there is none."""
    queue = RunQueue(store.root)
    for run_id in store.run_ids():
        (store.root / run_id / "result.json").unlink()
        metrics = store.root / run_id / "metrics.jsonl"
        lines = metrics.read_bytes().splitlines(keepends=True)
        metrics.write_bytes(b"".join(lines[:2]))
        queue.submit(run_id, "train", run_id, {})
        queue.resume(run_id)
    app = open_page("weights", store.root)
    assert not app.select_slider and moment_of(app) == 0.25
    metrics.write_bytes(b"".join(lines[:4]))
    assert moment_of(app.run()) == 0.75
    press(app, "pause")
    metrics.write_bytes(b"".join(lines))
    assert moment_of(app.run()) == 0.75, "held"
    assert moment_of(press(app, "follow")) == 1.0
