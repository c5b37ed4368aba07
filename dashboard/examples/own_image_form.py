"""Form for an image of your own: upload or draw it, state its class, and attack runs with it."""

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.figures.images import as_picture, image_png
from dashboard.jobs.evaluation_form import pick_attacks
from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.settings import Settings
from dashboard.ui.drawing_board import drawing_board
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
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
"""Height and width of a drawing: half the board's pixels, enough for an accurate fit."""

TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif"]
GROUNDS = {"Find out": None, "Dark on light": False, "Light on dark": True}
"""To `is_bright` of `fit_image`."""

FITTED = "own-fitted"
"""Session key of the last upload, decoded and fitted, so that a page that refreshes itself decodes it once."""

PREVIEW_WIDTH = 224


def draw_own_image_form(here: Settings, runs: list[RunOverview]) -> str | None:
    """Draw the widgets; a button queues the attacks on all runs, which must be of one data set.

    Returns:
        Id of the image last attacked for this data set in this browser tab; None if there is none or when read-only.
    """
    if here.read_only:
        return None
    spec = runs[0].config.dataset_spec
    if any(run.config.dataset != spec.name for run in runs):
        st.info("Choose runs of one data set to attack them with your own image.")
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
    """The image as provided, shape (H, W) or (H, W, 3), uint8, and fitted; None without a usable image."""
    sources = ["Upload", "Draw"] if spec.shape[0] == 1 else ["Upload"]
    source = st.segmented_control("Your image", sources, default="Upload", required=True, key=f"own-source-{spec.name}")
    try:
        if source == "Draw":
            drawn = drawing_board(key="own-drawing", shape=DRAWING)
            return None if drawn is None else (drawn, fit_image(drawn, spec, is_bright=True))
        return _pick_upload(spec)
    except InputError as error:
        draw_error(error)
        return None


def _pick_upload(spec: DatasetSpec) -> tuple[np.ndarray, np.ndarray] | None:
    upload = st.file_uploader(
        f"An image of one of {plain(', '.join(spec.classes))}",
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
        original = read_image(_content(upload))
        known = st.session_state[FITTED] = made_from, (original, fit_image(original, spec, GROUNDS[ground]))
    return known[1]


def _content(upload: UploadedFile) -> bytes:
    """Content of an upload; the browser checks its size, and other clients do not."""
    if upload.size > LARGEST_UPLOAD * 2**20:
        raise InputError(
            f"an image file of at most {LARGEST_UPLOAD} MB", f"{upload.size / 2**20:.0f} MB", "Reduce its size first."
        )
    return upload.getvalue()


def _draw_pair(original: np.ndarray, fitted: np.ndarray) -> None:
    _, height, width = fitted.shape
    seen = as_picture(fitted)
    with st.container(horizontal=True):
        for pixels, name in ((original, "Your image"), (seen, f"Network input, {width} × {height}")):
            scale = max(1, PREVIEW_WIDTH // max(pixels.shape[:2]))
            with st.container(width=PREVIEW_WIDTH):
                st.image(image_png(pixels / 255.0, scale=scale), width="stretch", alt=name)
                st.caption(plain(name))


def _draw_question(here: Settings, run_ids: list[str], spec: DatasetSpec, fitted: np.ndarray) -> None:
    attacks = pick_attacks("own-attacks")
    first, second, third = st.columns(3)
    label = first.selectbox(
        "True class",
        range(len(spec.classes)),
        None,
        format_func=spec.classes.__getitem__,
        key=f"own-label-{spec.name}",
        placeholder="Choose a class",
    )
    epsilon = number(second, "ε", ThreatModel, "epsilon", spec.epsilon, f"own-epsilon-{spec.epsilon}")
    unit = pick_unit(third, "own-unit")
    if label is None:
        st.caption("Choose the true class first: attacks move the image away from it.")
    is_clicked = st.button("Attack this image", type="primary", icon=":material/bolt:", disabled=label is None)
    if not is_clicked or label is None:
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
        draw_error(error)
        return
    st.session_state[_state_key(spec)] = own.image_id
