"""Time on a page: following what trains, holding a moment on a slider, or playing.

Only a held moment has a slider. A slider that the server moves with every tick would race with the browser: a tick that
was under way reports the old place, which looks just like a person's hand.
"""

import math
from collections.abc import Sequence

import streamlit as st

FRAMES, FRAME = 40, 0.35
"""A whole run is played in about so many frames of so many seconds, at single speed."""

SPEEDS = (0.5, 1.0, 2.0, 4.0)


def is_playing() -> bool:
    """Whether the page should go on by itself."""
    return st.session_state.get("mode") == "play"


def is_following() -> bool:
    """Whether the newest moment is shown."""
    return st.session_state.get("mode") == "follow"


def follow() -> None:
    """Show the newest moment from now on."""
    st.session_state.mode = "follow"


def frame_interval() -> float:
    """Seconds from frame to frame: slower speeds show each frame for longer, faster ones leave frames out."""
    return FRAME / min(st.session_state.get("speed") or 1.0, 1.0)


def obey_address() -> None:
    """Note the epoch that the page's address asks for, if it is not the one that was put there.

    Call it where the whole page runs, as it does after a link or the browser's buttons; a fragment runs with the
    address as the browser knew it, which a slider under way is ahead of.
    """
    state = st.session_state
    if (named := st.query_params.get("epoch")) != state.get("named"):
        state.named = named
        try:
            state.asked = float(named or "nan")
        except ValueError:
            state.asked = math.nan


def choose_epoch(epochs: Sequence[float], live: bool) -> float:
    """The epoch to show, one of `epochs` (ascending): the newest while following, else the one played or held.

    Draws the buttons and the slider; call it inside the fragment that redraws. A held epoch stands in the page's
    address, and an address that names one holds it.
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
    elif "held" not in state or state.moment not in epochs:  # other runs were chosen
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
    """Keep the address true: it names the epoch only while one is held that is not the last."""
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
        st.button("Follow", icon=":material/fast_forward:", on_click=follow, key="follow", help="Go to the newest")


def _hold(epochs: Sequence[float], moment: float) -> None:
    """Hold a moment on a new slider over the epochs there are now."""
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
