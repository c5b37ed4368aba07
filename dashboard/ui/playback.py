"""Playback of a page: its player runs in the browser, and the server learns only the epoch that a reader settles on.

The browser decides the epoch between two orders of the server. An order is given where the server knows better: a page
opens, its URL names an epoch, or the held epoch does not exist in the chosen runs.
"""

import math
import secrets
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st
from streamlit.components.v2 import component

from dashboard.frames.histories import epoch_names
from dashboard.frames.tables import steady
from dashboard.ui.frontend_files import PLAYER, joined

CLOCK = "page"
"""Name of the player's clock in the browser."""

FRAMES = 60
"""Most epochs of which the browser gets frames."""

KEY = "player"

_mount = component(
    "page_player",
    html='<div class="lab-live-player"></div>',
    css=joined("chart.css"),
    js=joined(*PLAYER, "live_player.js"),
    isolate_styles=False,
)


class Moment(NamedTuple):
    """The epoch to draw, its name in the browser, and the epochs that the browser shows by itself.

    film: name -> epoch, ascending; empty while the page follows a training.
    """

    epoch: float
    name: str
    film: Mapping[str, float]


def is_following() -> bool:
    """True if the page shows the newest epoch."""
    return st.session_state.get("mode") == "follow"


def follow() -> None:
    """Show the newest epoch from now on."""
    st.session_state.mode = "follow"
    _order()


def obey_address() -> None:
    """Record the epoch that the page's URL requests, unless the page itself has put it there.

    Call it from the whole page, which runs after a link or the browser's Back button. A fragment runs with the URL that
    the browser knew last, which can lag behind the player.
    """
    state = st.session_state
    if (named := st.query_params.get("epoch")) != state.get("named"):
        state.named = named
        try:
            state.asked = float(named or "nan")
        except ValueError:
            state.asked = math.nan


def choose_epoch(epochs: Sequence[float], live: bool, of: Hashable = None) -> Moment:
    """The epoch to show, one of `epochs` (ascending): the newest while following, otherwise the one held.

    Draws the player; call it inside the fragment that redraws. The page's URL contains a held epoch, and a URL that
    contains an epoch holds it.

    Args:
        live: whether more epochs are to come; a player that holds one of them keeps the epochs that it has.
        of: what has these epochs; if it changes, the player gets the new ones.
    """
    state = st.session_state
    if "mode" not in state:
        follow()
    if "asked" in state:
        asked = state.pop("asked")
        if math.isfinite(asked):
            _hold(min(epochs, key=lambda known: abs(known - asked)))
        else:
            follow()
    if state.mode == "follow":
        state.moment = epochs[-1]
    elif state.moment not in epochs:  # the chosen runs have changed
        _hold(min(epochs, key=lambda epoch: abs(epoch - state.moment)))
    names = _names(epochs, live, of)
    now = next(name for name, epoch in names.items() if epoch == state.moment)
    if len(epochs) > 1 or live:
        _draw(names, now, live)
    _name_epoch(epochs)
    if live and state.mode == "follow":
        return Moment(state.moment, now, {})
    kept = list(names.items())
    return Moment(state.moment, now, dict(kept[place] for place in steady(len(kept), FRAMES)))


def _names(epochs: Sequence[float], live: bool, of: Hashable) -> dict[str, float]:
    """Name -> epoch of all that the player shows."""
    state = st.session_state
    is_kept = live and state.mode == "hold" and state.get("held_of") == of and state.moment in state.get("held", ())
    if not is_kept:
        state.held, state.held_of = list(epochs), of
    return dict(zip(epoch_names(state.held), state.held, strict=True))


def _draw(names: Mapping[str, float], now: str, live: bool) -> None:
    state = st.session_state
    data = {"clock": CLOCK, "names": list(names), "now": now, "isLive": live, "order": state.setdefault("order", "")}
    data["isFollowing"] = state.mode == "follow"
    _mount(key=KEY, data=data, default={"moment": None}, on_moment_change=_obey_player)


def _obey_player() -> None:
    obey(st.session_state[KEY].moment)


def obey(settled: object) -> None:
    """Hold the epoch that the browser sends, or follow; anything else is ignored."""
    state = st.session_state
    if not isinstance(settled, Mapping):
        return
    if settled.get("isFollowing"):
        state.mode = "follow"
        return
    names: dict[Any, float] = dict(zip(epoch_names(state.held), state.held, strict=True))
    if (epoch := names.get(settled.get("epoch"))) is not None:
        state.mode, state.moment = "hold", epoch


def _hold(epoch: float) -> None:
    """Hold an epoch, whatever the browser shows."""
    state = st.session_state
    state.mode, state.moment = "hold", epoch
    _order()


def _order() -> None:
    st.session_state.order = secrets.token_hex(4)


def _name_epoch(epochs: Sequence[float]) -> None:
    """Update the URL: it contains the epoch only if a held epoch is not the last one."""
    state = st.session_state
    is_named = state.mode == "hold" and state.moment != epochs[-1]
    state.named = f"{state.moment:.2f}".rstrip("0").rstrip(".") if is_named else None
    if state.named is None:
        st.query_params.pop("epoch", None)
    elif st.query_params.get("epoch") != state.named:
        st.query_params["epoch"] = state.named
