"""Playback of a page: follow the newest epoch, hold an epoch on a slider, or play.

Only a held epoch has a slider. A slider that the server moves at every tick would race with the browser: the browser
could report the old position during a tick, which looks like a move by the user.
"""

import math
from collections.abc import Sequence

import streamlit as st

FRAMES, FRAME = 40, 0.35
"""Number of frames in which a whole run is played, and seconds per frame at speed 1."""

SPEEDS = (0.5, 1.0, 2.0, 4.0)


def is_playing() -> bool:
    """True if the page advances by itself."""
    return st.session_state.get("mode") == "play"


def is_following() -> bool:
    """True if the page shows the newest epoch."""
    return st.session_state.get("mode") == "follow"


def follow() -> None:
    """Show the newest epoch from now on."""
    st.session_state.mode = "follow"


def frame_interval() -> float:
    """Seconds between frames: speeds below 1 show each frame longer, speeds above 1 skip frames."""
    return FRAME / min(st.session_state.get("speed") or 1.0, 1.0)


def obey_address() -> None:
    """Record the epoch that the page's URL requests, unless the page itself has put it there.

    Call it from the whole page, which runs after a link or the browser's Back button. A fragment runs with the URL that
    the browser knew last, which can lag behind a moving slider.
    """
    state = st.session_state
    if (named := st.query_params.get("epoch")) != state.get("named"):
        state.named = named
        try:
            state.asked = float(named or "nan")
        except ValueError:
            state.asked = math.nan


def choose_epoch(epochs: Sequence[float], live: bool) -> float:
    """The epoch to show, one of `epochs` (ascending): the newest while following, otherwise the one played or held.

    Draws the buttons and the slider; call it inside the fragment that redraws. The page's URL contains a held epoch,
    and a URL that contains an epoch holds it.
    """
    state = st.session_state
    state.setdefault("mode", "follow")
    if "asked" in state:
        asked = state.pop("asked")
        if math.isfinite(asked):
            _hold(epochs, min(epochs, key=lambda known: abs(known - asked)))
        else:
            follow()
    if len(epochs) == 1 and not live:
        state.moment = epochs[0]
        return epochs[0]
    if state.mode == "follow":
        state.moment = epochs[-1]
        if not live:
            _hold(epochs, epochs[-1])
    elif state.mode == "play":
        _advance(epochs, live)
    elif "held" not in state or state.moment not in epochs:  # the chosen runs have changed
        _hold(epochs, min(epochs, key=lambda epoch: abs(epoch - state.moment)))
    buttons, place, speed = st.columns([5, 6, 2], vertical_alignment="bottom")
    speed.selectbox("Speed", SPEEDS, 1, format_func=lambda factor: f"{factor:g} ×", key="speed")
    with buttons.container(horizontal=True):
        _draw_buttons(epochs, live)
    if state.mode == "hold" and len(state.held) > 1:
        state.moment = place.select_slider(
            "Epoch", state.held, state.moment, key=f"epoch-{state.grip}", format_func=_plain
        )
    else:
        share = (state.moment - epochs[0]) / ((epochs[-1] - epochs[0]) or 1.0)
        word = "Following" if state.mode == "follow" else "Playing" if state.mode == "play" else "At"
        place.progress(min(share, 1.0), text=f"{word} epoch {_plain(state.moment)}")
    _name_epoch(epochs)
    return state.moment


def _name_epoch(epochs: Sequence[float]) -> None:
    """Update the URL: it contains the epoch only if a held epoch is not the last one."""
    state = st.session_state
    state.named = _plain(state.moment) if state.mode == "hold" and state.moment != epochs[-1] else None
    if state.named is None:
        st.query_params.pop("epoch", None)
    elif st.query_params.get("epoch") != state.named:
        st.query_params["epoch"] = state.named


def _draw_buttons(epochs: Sequence[float], live: bool) -> None:
    state = st.session_state
    if state.mode == "hold":
        st.button("Play", icon=":material/play_arrow:", on_click=_play, args=(epochs,), key="play")
    else:
        st.button("Pause", icon=":material/pause:", on_click=_hold, args=(epochs, state.moment), key="pause")
    for name, icon, by in (("Back", "skip_previous", -1), ("Forward", "skip_next", 1)):
        st.button(name, icon=f":material/{icon}:", on_click=_step, args=(epochs, by), key=name.lower())
    if live and state.mode != "follow":
        st.button("Follow", icon=":material/fast_forward:", on_click=follow, key="follow", help="Show the newest epoch")


def _hold(epochs: Sequence[float], moment: float) -> None:
    """Hold an epoch on a new slider over the current epochs."""
    state = st.session_state
    state.mode, state.moment, state.held = "hold", moment, list(epochs)
    state.grip = state.get("grip", 0) + 1


def _play(epochs: Sequence[float]) -> None:
    state = st.session_state
    state.mode = "play"
    if state.moment >= epochs[-1]:
        state.moment = epochs[0]


def _advance(epochs: Sequence[float], live: bool) -> None:
    state = st.session_state
    step = max(1, round(len(epochs) / FRAMES * max(state.get("speed") or 1.0, 1.0)))
    position = sum(epoch <= state.moment for epoch in epochs) - 1 + step
    state.moment = epochs[min(position, len(epochs) - 1)]
    if state.moment == epochs[-1]:
        if live:
            follow()
        else:
            _hold(epochs, state.moment)


def _step(epochs: Sequence[float], by: int) -> None:
    position = sum(epoch <= st.session_state.moment for epoch in epochs) - 1 + by
    _hold(epochs, epochs[min(max(position, 0), len(epochs) - 1)])


def _plain(epoch: float) -> str:
    return f"{epoch:.2f}".rstrip("0").rstrip(".")
