"""Download of a run's weights as safetensors or as a PyTorch state dict."""

import subprocess
import sys
import tempfile
from pathlib import Path

import streamlit as st

from dashboard.frames.labels import unique_labels
from dashboard.settings import ROOT, Settings
from engine.exchange.loading_code import loading_code
from engine.queue.overview import RunOverview
from engine.runs.run_files import MODEL


def draw_downloads(here: Settings, runs: list[RunOverview]) -> None:
    """Draw two download buttons and loading code for a run with final weights; nothing without such a run."""
    finished = [run for run in runs if run.status == "finished" and run.has_weights]
    if not finished:
        return
    labels = unique_labels(runs)
    with st.expander("Download weights", icon=":material/download:"):
        choice, buttons = st.columns([3, 4], vertical_alignment="bottom")
        run = choice.selectbox("Run", finished, format_func=lambda run: labels[run.run_id], key="take-away")
        with buttons.container(horizontal=True):
            st.download_button(
                "safetensors",
                lambda: (here.store.folder(run.run_id) / MODEL).read_bytes(),
                f"{run.run_id}.safetensors",
                "application/octet-stream",
                on_click="ignore",
                icon=":material/download:",
                key="safetensors",
            )
            st.download_button(
                "PyTorch state dict",
                lambda: state_dict_bytes(here.store.root, run.run_id),
                f"{run.run_id}.pt",
                "application/octet-stream",
                on_click="ignore",
                icon=":material/download:",
                key="state-dict",
            )
        st.caption("To load a file, run one of these snippets in the project folder:")
        for ending in ("safetensors", "pt"):
            st.code(loading_code(run.config, f"{run.run_id}.{ending}"), language=None, wrap_lines=True)


def state_dict_bytes(store: Path, run_id: str) -> bytes:
    """File that `python -m engine export` writes. The command runs in its own process: pages do not import torch."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.pt"
        words = [sys.executable, "-m", "engine", "export", run_id, "--out", str(file), "--store", str(store)]
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=60)
        return file.read_bytes()
