"""Time on a page: one slider over epochs, following what trains, or played back."""

import streamlit as st

FRAMES = 40
"""About how many frames a whole run is played in."""


def is_playing() -> bool:
    """Whether the page should go on by itself."""
    return bool(st.session_state.get("playing"))


def choose_epoch(epochs: list[float], live: bool) -> float:
    """The epoch to show, one of `epochs` (ascending): the newest while following, else the slider's.

    Draws play, step and follow buttons around the slider; call it inside the fragment that redraws.
    """
    state = st.session_state
    if len(epochs) == 1:
        return epochs[0]
    if state.get("following", True) or state.get("epoch") not in epochs:
        state.epoch = epochs[-1] if state.get("following", True) else _nearest(epochs, state.get("epoch", 0.0))
    elif is_playing():
        step = max(1, len(epochs) // FRAMES)
        position = min(epochs.index(state.epoch) + step, len(epochs) - 1)
        state.epoch = epochs[position]
        if position == len(epochs) - 1:
            state.playing = False
            state.following = True
    buttons, slider = st.columns([2, 5], vertical_alignment="bottom")
    with buttons.container(horizontal=True):
        st.button(
            "Pause" if is_playing() else "Play",
            icon=":material/pause:" if is_playing() else ":material/play_arrow:",
            on_click=_toggle_playing,
            args=(epochs,),
            key="play",
        )
        st.button("", icon=":material/skip_previous:", on_click=_step, args=(epochs, -1), key="back", help="Back")
        st.button("", icon=":material/skip_next:", on_click=_step, args=(epochs, 1), key="forward", help="Forward")
        if live and not state.get("following", True):
            st.button("Follow", icon=":material/fast_forward:", on_click=_follow, key="follow", help="Go to the newest")
    slider.select_slider(
        "Epoch", epochs, key="epoch", format_func=lambda epoch: f"{epoch:.2f}".rstrip("0").rstrip("."), on_change=_leave
    )
    return state.epoch


def _toggle_playing(epochs: list[float]) -> None:
    state = st.session_state
    state.playing = not is_playing()
    state.following = False
    if state.playing and state.epoch == epochs[-1]:
        state.epoch = epochs[0]


def _step(epochs: list[float], by: int) -> None:
    position = min(max(epochs.index(st.session_state.epoch) + by, 0), len(epochs) - 1)
    st.session_state.epoch = epochs[position]
    _leave()


def _leave() -> None:
    st.session_state.playing = False
    st.session_state.following = False


def _follow() -> None:
    st.session_state.playing = False
    st.session_state.following = True


def _nearest(epochs: list[float], epoch: float) -> float:
    return min(epochs, key=lambda candidate: abs(candidate - epoch))
