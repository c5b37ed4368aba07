"""The images in the data folder, which decide the ids of the runs that a form names."""

from typing import TypeVar

import streamlit as st

from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from engine.data.catalog import dataset_spec
from engine.data.identity import identity_words
from engine.data.sources import fetch_dataset
from engine.runs.run_settings import RunSettings

Request = TypeVar("Request", bound=RunSettings)


def on_data(here: Settings, request: Request) -> Request:
    """The request on the images in the data folder; a caption names images that are not the listed ones.

    Raises:
        InputError: the file is damaged.
    """
    with st.spinner("Reading the data set"):
        request = request.on_data(here.worker.data_dir)
    spec = dataset_spec(request.dataset)
    if request.data_digest and spec.listed:
        words = identity_words(spec, request.data_digest)
        st.caption(f"The data folder has other images of {plain(spec.title)}. Runs on them are named “{plain(words)}”.")
    return request


def on_fetched_data(here: Settings, request: Request) -> Request:
    """The request on the images in the data folder, downloaded first if no contents are listed for the data set.

    Raises:
        InputError: the file is damaged, or cannot be downloaded.
    """
    if dataset_spec(request.dataset).listed is None:
        with st.spinner("Fetching the data set"):
            fetch_dataset(request.dataset, here.worker.data_dir)
    return request.on_data(here.worker.data_dir)
