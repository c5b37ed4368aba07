"""The queue on the page: the first rows at once, the others on request."""

import pytest

from dashboard.jobs.queue_panel import SHOWN, SHOWN_AT_ONCE
from engine.runs.store import RunStore


def page():
    from dashboard import sources
    from dashboard.jobs.queue_panel import draw_queue

    draw_queue(sources.settings(), sources.runs())


@pytest.fixture
def many(tmp_path, tiny) -> RunStore:
    """One run more than the page shows."""
    store = RunStore(tmp_path / "many")
    for seed in range(SHOWN + 1):
        store.create(tiny(seed=seed))
    return store


def watched(app) -> int:
    return sum(button.label == "Watch" for button in app.button)


def test_the_first_rows_are_drawn_at_once_and_the_others_when_they_are_opened(run_function, many):
    app = run_function(page, many.root)
    assert not app.exception and watched(app) == SHOWN_AT_ONCE
    assert app.expander[0].label == f"{SHOWN - SHOWN_AT_ONCE} more" and "Not shown: 1 more" in app.caption[-1].value
    app.session_state["more-runs"] = True
    app.run()
    assert not app.exception and watched(app) == SHOWN
