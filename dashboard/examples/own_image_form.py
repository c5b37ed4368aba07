"""The own image: upload or draw one, say what it shows, and have runs attacked with it."""

import numpy as np
import streamlit as st

from dashboard.figures.images import image_png
from dashboard.jobs.evaluation_form import pick_attacks
from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.settings import Settings
from dashboard.ui.drawing_board import drawing_board
from dashboard.ui.example_cells import as_picture
from dashboard.ui.widgets import number, pick_unit
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DatasetSpec
from engine.data.fitting import fit_image, read_image
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.own_images import OwnImage, save_own_image
from engine.queue.overview import RunOverview
from engine.validation import validated

LARGEST_UPLOAD = 5
DRAWING = (140, 140)
"""Half the board's pixels: fine enough to be fitted well."""

TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif"]
GROUNDS = {"Find out": None, "Dark on light": False, "Light on dark": True}
"""To `is_bright` of `fit_image`."""

FITTED = "own-fitted"
"""In the session: what the last upload became, so that a page that ticks decodes it once."""

PREVIEW_WIDTH = 224


def draw_own_image_form(here: Settings, runs: list[RunOverview]) -> str | None:
    """The widgets; a button queues the attacks for all runs, which are of one data set.

    Returns:
        Id of the image that was last attacked for this data set in this browser tab; None before, and when read-only.
    """
    if here.read_only:
        return None
    spec = runs[0].config.dataset_spec
    if any(run.config.dataset != spec.name for run in runs):
        st.info("An image of your own needs runs of one data set.")
        return None
    with st.container():
        given = _pick_image(spec)
        if given is not None:
            original, fitted = given
            _draw_pair(original, fitted)
            _draw_question(here, [run.run_id for run in runs], spec, fitted)
    return st.session_state.get(_state_key(spec))


def _state_key(spec: DatasetSpec) -> str:
    return f"own-image-{spec.name}"


def _pick_image(spec: DatasetSpec) -> tuple[np.ndarray, np.ndarray] | None:
    """The image as it was given, (H, W) or (H, W, 3) uint8, and fitted; None while there is none that can be used."""
    sources = ["Upload", "Draw"] if spec.shape[0] == 1 else ["Upload"]
    source = st.segmented_control("Your image", sources, default="Upload", required=True, key=f"own-source-{spec.name}")
    try:
        if source == "Draw":
            drawn = drawing_board(key="own-drawing", shape=DRAWING)
            return None if drawn is None else (drawn, fit_image(drawn, spec, is_bright=True))
        return _pick_upload(spec)
    except InputError as error:
        st.error(str(error))
        return None


def _pick_upload(spec: DatasetSpec) -> tuple[np.ndarray, np.ndarray] | None:
    upload = st.file_uploader(
        f"An image of one of {', '.join(spec.classes)}",
        TYPES,
        max_upload_size=LARGEST_UPLOAD,
        key="own-upload",
        help="It stays on the machine that runs this page, fitted to what the networks were trained on.",
    )
    if upload is None:
        return None
    ground = "Find out"
    if spec.shape[0] == 1:
        ground = st.segmented_control("It is", list(GROUNDS), default=ground, required=True, key="own-ground")
    made_from = (upload.file_id, spec.name, ground)
    known = st.session_state.get(FITTED)
    if known is None or known[0] != made_from:
        original = read_image(upload.getvalue())
        known = st.session_state[FITTED] = made_from, (original, fit_image(original, spec, GROUNDS[ground]))
    return known[1]


def _draw_pair(original: np.ndarray, fitted: np.ndarray) -> None:
    _, height, width = fitted.shape
    seen = as_picture(fitted)
    with st.container(horizontal=True):
        for pixels, name in ((original, "As you gave it"), (seen, f"As the networks see it, {width} × {height}")):
            scale = max(1, PREVIEW_WIDTH // max(pixels.shape[:2]))
            with st.container(width=PREVIEW_WIDTH):
                st.image(image_png(pixels / 255.0, scale=scale), width="stretch", alt=name)
                st.caption(name)


def _draw_question(here: Settings, run_ids: list[str], spec: DatasetSpec, fitted: np.ndarray) -> None:
    attacks = pick_attacks("own-attacks")
    first, second, third = st.columns(3)
    label = first.selectbox(
        "It shows a …",
        range(len(spec.classes)),
        None,
        format_func=spec.classes.__getitem__,
        key=f"own-label-{spec.name}",
        placeholder="Choose what it is",
    )
    epsilon = number(second, "ε", ThreatModel, "epsilon", spec.epsilon, f"own-epsilon-{spec.epsilon}")
    unit = pick_unit(third, "own-unit")
    if label is None:
        st.caption("Attacks lead away from the truth, so they must know it.")
    if not st.button("Attack it", type="primary", icon=":material/bolt:", disabled=label is None) or label is None:
        return
    try:
        own = OwnImage(spec.name, fitted, label)
        request = validated(
            EvaluationRequest,
            attacks=tuple(attacks),
            threat=validated(ThreatModel, norm="linf", epsilon=epsilon, unit=unit),
            image=own.image_id,
        )
        save_own_image(here.store, own)
        queue_measurements(here, run_ids, [request])
    except (InputError, OSError) as error:
        st.error(str(error))
        return
    st.session_state[_state_key(spec)] = own.image_id
