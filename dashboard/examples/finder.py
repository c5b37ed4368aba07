"""Widgets that find an image by the outcome of the attacks on it."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from dashboard.examples.questions import ANY_ATTACK, Survivors, common_attacks, questions
from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import forget_unknown
from engine.data.catalog import DatasetSpec

ANY_CLASS = "any class"


def find_image(
    seen: Survivors,
    truth: np.ndarray,
    labels: Mapping[str, str],
    attacks: Sequence[str],
    in_ball: set[str],
    spec: DatasetSpec,
    kept: int,
) -> int | None:
    """Position of the chosen image in the fixed order; None if no image with a stored picture matches.

    Args:
        truth: classes, shape (n,); labels: by run_id; attacks: names over all runs; in_ball: those confined to a ball.
        kept: number of images with stored pictures; these are the first ones.
    """
    matching = _ask(seen, truth, labels, attacks, in_ball, spec)
    positions = np.flatnonzero(matching[:kept])
    count = f"{matching.sum():d} of {len(matching)} images"
    if not len(positions):
        pictures = f" Pictures are stored for the first {kept:d} images only." if matching.any() else ""
        st.info(f"{count} match.{pictures} Choose another question, attack or class.", icon=":material/search_off:")
        return None
    pick, buttons, words = st.columns([4, 3, 3], vertical_alignment="bottom")
    place = _step_through(pick, buttons, positions)
    stored = f"; pictures are stored for {len(positions)} of them" if matching[kept:].any() else ""
    words.caption(f"{count} match{stored}.")
    return int(positions[place - 1])


def _ask(
    seen: Survivors,
    truth: np.ndarray,
    labels: Mapping[str, str],
    attacks: Sequence[str],
    in_ball: set[str],
    spec: DatasetSpec,
) -> np.ndarray:
    """Images that match the chosen question, shape (n,), bool."""
    common = common_attacks(seen, attacks)
    asked = {question.title: question for question in questions({run_id: labels[run_id] for run_id in seen}, common)}
    bounded = [attack for attack in common if attack in in_ball] or common
    under = {ANY_ATTACK: bounded, **{attack: [attack] for attack in common}}
    forget_unknown("find", asked)
    forget_unknown("by", under)
    what, by, shows = st.columns([5, 3, 2])
    title = what.selectbox("Find images", list(asked), min(1, len(asked) - 1), key="find", bind="query-params")
    attack = by.selectbox("Under attack", list(under), key="by", bind="query-params")
    shown = shows.selectbox("True class", [ANY_CLASS, *spec.classes], key="class", bind="query-params")
    matching = asked[title].matches(seen, under[attack])
    if shown != ANY_CLASS:
        matching = matching & (truth[: len(matching)] == spec.classes.index(shown))
    if incomparable := [attack for attack in attacks if attack not in common]:
        st.caption(
            f"Not used in the search, because not every run was attacked with them: {plain(', '.join(incomparable))}."
        )
    return matching


def _step_through(pick, buttons, positions: np.ndarray) -> int:
    """Number of the chosen image among the matches, from 1; a new question keeps the image if it still matches."""
    state, count = st.session_state, len(positions)
    if "image" in state and state.get("found") != positions.tolist():
        known = np.flatnonzero(positions == state.get("position", -1))
        state.image = int(known[0]) + 1 if len(known) else min(state.image, count)
    state.found = positions.tolist()

    def step(by: int) -> None:
        state.image = min(max(state.get("image", 1) + by, 1), count)

    place = pick.slider("Image", 1, count, key="image", bind="query-params") if count > 1 else 1
    with buttons.container(horizontal=True):
        st.button("Previous", icon=":material/arrow_back:", on_click=step, args=(-1,), key="previous")
        st.button("Next", icon=":material/arrow_forward:", on_click=step, args=(1,), key="next")
    state.position = int(positions[place - 1])
    return place
