"""Widgets that find an image by the outcome of the attacks on it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from dashboard.examples.questions import ANY_ATTACK, Survivors, common_attacks, first_answered, questions
from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import forget_unknown
from engine.data.catalog import DatasetSpec

ANY_CLASS = "any class"


class Found(NamedTuple):
    """The answers to a question, and the one that is shown.

    positions: answers with stored pictures, in the fixed order of images; `place` is that of the shown one, from 0.
    words: the question, the attack, and the number of answers.
    """

    positions: np.ndarray
    place: int
    words: str

    @property
    def position(self) -> int:
        return int(self.positions[self.place])


def find_image(
    seen: Survivors,
    truth: np.ndarray,
    labels: Mapping[str, str],
    variants: Mapping[str, str],
    attacks: Sequence[str],
    in_ball: set[str],
    spec: DatasetSpec,
    kept: int,
) -> Found | None:
    """The images that answer the chosen question; None if no image with a stored picture does.

    Args:
        truth: classes, shape (n,).
        labels, variants: by run_id.
        attacks: names over all runs; in_ball: those confined to a ball.
        kept: number of images with stored pictures; these are the first ones.
    """
    matching, question = _ask(seen, truth, labels, variants, attacks, in_ball, spec, kept)
    positions = np.flatnonzero(matching[:kept])
    count = f"{matching.sum():d} of {len(matching)} images"
    if not len(positions):
        pictures = f" Pictures are stored for the first {kept:d} images only." if matching.any() else ""
        st.info(f"{count} match.{pictures} Choose another question, attack or class.", icon=":material/search_off:")
        return None
    stored = f"; pictures are stored for {len(positions)} of them" if matching[kept:].any() else ""
    pick, buttons = st.columns([7, 3], vertical_alignment="bottom")
    place = _step_through(pick, buttons, positions)
    return Found(positions, place - 1, f"{question}: {count} match{stored}.")


def _ask(
    seen: Survivors,
    truth: np.ndarray,
    labels: Mapping[str, str],
    variants: Mapping[str, str],
    attacks: Sequence[str],
    in_ball: set[str],
    spec: DatasetSpec,
    kept: int,
) -> tuple[np.ndarray, str]:
    """Images that match the chosen question, shape (n,), bool, and the question in words."""
    common = common_attacks(seen, attacks)
    listed = questions({run_id: labels[run_id] for run_id in seen}, common, variants)
    asked = {question.title: question for question in listed}
    bounded = [attack for attack in common if attack in in_ball] or common
    under = {ANY_ATTACK: bounded, **{attack: [attack] for attack in common}}
    forget_unknown("find", asked)
    forget_unknown("by", under)
    what, by, shows = st.columns([5, 3, 2])
    first = first_answered(listed, seen, bounded, kept)
    title = what.selectbox("Find images", list(asked), first, key="find", bind="query-params")
    attack = by.selectbox("Under attack", list(under), key="by", bind="query-params")
    shown = shows.selectbox("True class", [ANY_CLASS, *spec.classes], key="class", bind="query-params")
    matching = asked[title].matches(seen, under[attack])
    of_class = "" if shown == ANY_CLASS else f", true class {shown}"
    if shown != ANY_CLASS:
        matching = matching & (truth[: len(matching)] == spec.classes.index(shown))
    if incomparable := [attack for attack in attacks if attack not in common]:
        st.caption(
            f"Not used in the search, because not every run was attacked with them: {plain(', '.join(incomparable))}."
        )
    return matching, f"{title} ({attack}{of_class})"


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
