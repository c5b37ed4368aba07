"""Controls for the data set, its images, λ, μ, scope and number of attacked images; the URL keeps their values."""

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from dashboard.frames.candidates import setting_name
from dashboard.paper.reading import Library, open_library
from dashboard.settings import Settings
from dashboard.ui.widgets import forget_unknown
from engine.data.catalog import dataset_spec
from engine.errors import InputError
from engine.paper.evidence import Evidence
from engine.paper.setting import SETTINGS, Setting

RECORDED, FOLDER = "As in the recorded runs", "In the data folder"


def pick_evidence(here: Settings) -> tuple[Library, Evidence]:
    """All runs of the chosen data set, and the evidence for the chosen setting, on the chosen data only."""
    first, second, third = st.columns([3, 5, 2], vertical_alignment="bottom")
    titles = {dataset_spec(name).title: name for name in SETTINGS}
    title = first.segmented_control(
        "Data set",
        list(titles),
        default=next(iter(titles)),
        required=True,
        key="dataset",
        bind="query-params",
    )
    dataset = titles.get(title or "", next(iter(SETTINGS)))
    library = open_library(_pick_data(here, SETTINGS[dataset]))
    with second:
        setting = _pick_setting(library, dataset)
    counts = library.sample_counts(setting)
    usual = library.evidence(setting).samples
    if len(counts) == 1:
        return library, library.evidence(setting, usual)
    key = f"{dataset}-images"
    forget_unknown(key, counts)
    samples = third.selectbox("Attacked images", counts, counts.index(usual), key=key, bind="query-params")
    return library, library.evidence(setting, samples)


def _pick_data(here: Settings, usual: Setting) -> Setting:
    """The setting on the recorded runs' images, or on those in the data folder if they are others."""
    local = in_folder(here, usual)
    if local == usual:
        return usual
    chosen = st.segmented_control(
        "Data",
        [RECORDED, FOLDER],
        default=RECORDED,
        required=True,
        key="data",
        bind="query-params",
        help="The data folder has other images than the recorded runs were trained on. Results on both are never mixed",
    )
    return local if chosen == FOLDER else usual


def in_folder(here: Settings, setting: Setting) -> Setting:
    """The setting on the images in the data folder; a file that cannot be read counts as none until the launch."""
    with suppress(InputError, OSError), st.spinner("Reading the data set"):
        return setting.on_data(here.worker.data_dir)
    return replace(setting, data_digest=None)


def _pick_setting(library: Library, dataset: str) -> Setting:
    settings = {setting_name(setting): setting for setting in library.settings}
    key = f"{dataset}-setting"
    forget_unknown(key, settings)
    first = next((place for place, setting in enumerate(settings.values()) if library.has_runs(setting)), 0)
    name = st.selectbox(
        "λ, μ and scope",
        list(settings),
        first,
        key=key,
        bind="query-params",
        help="Settings of all Min-Max runs with this schedule; the search below shows which is closest to the paper",
    )
    return settings[name]
