"""Controls for the data set, λ, μ, scope and number of images; the URL keeps their values."""

import streamlit as st

from dashboard.frames.candidates import setting_name
from dashboard.paper.reading import Library, open_library
from dashboard.ui.widgets import forget_unknown
from engine.data.catalog import dataset_spec
from engine.paper.evidence import Evidence
from engine.paper.setting import SETTINGS, Setting


def pick_evidence() -> tuple[Library, Evidence]:
    """All runs of the chosen data set, and the evidence for the chosen setting."""
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
    library = open_library(dataset)
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


def _pick_setting(library: Library, dataset: str) -> Setting:
    settings = {setting_name(setting): setting for setting in library.settings()}
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
