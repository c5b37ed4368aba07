"""Weights from elsewhere: a file, what it is of, and the command that makes a run of it in a process of its own."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.navigation import open_weights
from dashboard.settings import ROOT, Settings
from dashboard.ui.plain_text import plain
from engine.data.catalog import DATASETS
from engine.exchange.tensor_file import MOST_BYTES, SUFFIXES
from engine.models.architectures import ARCHITECTURES

PATIENCE = 600.0
"""Seconds; fetching a data set can be part of it."""


@dataclass(frozen=True)
class Outcome:
    """What the command said: a run, as `--json` prints it, or the sentence that says why there is none."""

    run: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def draw_import_form(here: Settings) -> None:
    """A file of weights becomes a run at the press of a button, then a link to it."""
    st.caption(
        "A PyTorch state dict, or safetensors. Nothing in the file is executed; tensors are known by name, else by "
        "shape. The run can then be looked at and attacked like one that was trained here."
    )
    file = st.file_uploader(
        "File of weights", [suffix[1:] for suffix in SUFFIXES], key="import-file", max_upload_size=MOST_BYTES // 2**20
    )
    first, second = st.columns(2)
    architecture = first.selectbox(
        "Their architecture",
        list(ARCHITECTURES),
        format_func=lambda name: ARCHITECTURES[name].title,
        key="import-network",
    )
    dataset = second.selectbox(
        "Their data set",
        [name for name, images in DATASETS.items() if ARCHITECTURES[architecture].fits(images.shape)],
        format_func=lambda name: DATASETS[name].title,
        key=f"import-dataset-{architecture}",
    )
    name = st.text_input(
        "Name", Path(file.name).stem[:80] if file else "", max_chars=80, key=f"import-name-{file.name if file else ''}"
    )
    pressed = st.button("Import", icon=":material/upload:", disabled=file is None)
    place = st.empty()
    if file is None:
        return
    if pressed:
        with place, st.spinner("Reading, and measuring accuracy on the whole test set …", show_time=True):
            outcome = import_file(here, file.name, file.getvalue(), architecture, dataset, name)
        st.session_state.imported = (file.file_id, outcome)
    of, outcome = st.session_state.get("imported", (None, None))
    if of == file.file_id:
        with place.container():
            _draw_outcome(outcome)


def import_file(here: Settings, file_name: str, content: bytes, architecture: str, dataset: str, name: str) -> Outcome:
    """Run the command on a private copy of the file, which is gone when it returns."""
    with tempfile.TemporaryDirectory(prefix="weights-") as folder:
        path = Path(folder) / (re.sub(r"[^\w.-]", "_", Path(file_name).stem)[:60] + Path(file_name).suffix)
        path.write_bytes(content)
        words = [sys.executable, "-m", "engine", "import", str(path), "--json", f"--name={name}"]
        words += ["--architecture", architecture, "--dataset", dataset]
        words += ["--store", str(here.store.root), "--data", str(here.worker.data_dir)]
        try:
            told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        except (subprocess.TimeoutExpired, OSError) as error:
            return Outcome(error=f"The import did not end ({type(error).__name__}). Try it on the command line.")
    if told.returncode == 0:
        return Outcome(json.loads(told.stdout))
    if told.returncode == 2:
        return Outcome(error=told.stderr.strip().splitlines()[-1])
    print(told.stderr, file=sys.stderr)
    return Outcome(
        error=f"The import ended with code {told.returncode}; the server's output says why. Nothing was kept."
    )


def _draw_outcome(outcome: Outcome) -> None:
    if outcome.error:
        st.error(outcome.error)
        return
    run = outcome.run
    accuracy = f"{run['clean_accuracy']:.1%} of {run['clean_accuracy_samples']:,} test images classified correctly"
    st.success(f"{plain(run['label'])}: {accuracy}." + ("" if run["new"] else " It was here already."))
    if run["clean_accuracy"] < 3 / len(DATASETS[run["dataset"]].classes):
        st.warning(
            "That is little more than guessing gives. See that architecture and data set are those they were trained "
            "with: LeNet normalizes pixels by the data set's mean and deviation, the others take them from 0 to 1."
        )
    if run["renamed"]:
        st.caption("Known by shape: " + ", ".join(f"`{own}`" for own in run["renamed"].values()))
    if st.button("Look at its weights", icon=":material/monitoring:", key="open-imported"):
        open_weights([run["run_id"]])
