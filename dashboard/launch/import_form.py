"""Form that imports a weights file as a run, by running `python -m engine import` in its own process."""

import json
import os
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
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.atomic import NEW_FOLDER
from engine.data.catalog import DATASETS
from engine.errors import InputError, disk_words
from engine.exchange.tensor_file import MOST_BYTES, SUFFIXES
from engine.models.architectures import ARCHITECTURES

PATIENCE = 600.0
"""Timeout of the import in seconds; the time includes a download of the data set if one is needed."""


@dataclass(frozen=True)
class Outcome:
    """Result of the command: a run, as `--json` prints it, or an error message."""

    run: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def draw_import_form(here: Settings) -> None:
    """Draw the form that imports a weights file as a run, and the result of the last import."""
    st.caption(
        "Upload a PyTorch state dict or a safetensors file. No code in the file is executed. Tensors are matched by "
        "name, or by shape where the names differ. You can view and attack the imported run like any other run."
    )
    file = st.file_uploader(
        "Weights file", [suffix[1:] for suffix in SUFFIXES], key="import-file", max_upload_size=MOST_BYTES // 2**20
    )
    first, second = st.columns(2)
    architecture = first.selectbox(
        "Architecture of the file",
        list(ARCHITECTURES),
        format_func=lambda name: ARCHITECTURES[name].title,
        key="import-network",
    )
    dataset = second.selectbox(
        "Data set of the file",
        [name for name, images in DATASETS.items() if ARCHITECTURES[architecture].fits(images.shape)],
        format_func=lambda name: DATASETS[name].title,
        key=f"import-dataset-{architecture}",
    )
    name = st.text_input(
        "Name", Path(file.name).stem[:80] if file else "", max_chars=80, key=f"import-name-{file.name if file else ''}"
    )
    pressed = st.button("Import weights", icon=":material/upload:", disabled=file is None)
    place = st.empty()
    if file is None:
        return
    if pressed:
        with place, st.spinner("Importing weights and measuring accuracy on the whole test set …", show_time=True):
            outcome = import_file(here, file.name, file.getvalue(), architecture, dataset, name)
        st.session_state.imported = (file.file_id, outcome)
    of, outcome = st.session_state.get("imported", (None, None))
    if of == file.file_id:
        with place.container():
            _draw_outcome(outcome)


def import_file(here: Settings, file_name: str, content: bytes, architecture: str, dataset: str, name: str) -> Outcome:
    """Run the import command on a temporary copy of the file, which is deleted before the function returns."""
    options = [f"--name={name}", "--architecture", architecture, "--dataset", dataset]
    try:
        told = _run_command(here, file_name, content, options)
    except InputError as error:
        return Outcome(error=str(error))
    except (subprocess.TimeoutExpired, OSError) as error:
        remedy = "Run `python -m engine import` on the command line instead."
        reason = disk_words(error) if isinstance(error, OSError) else type(error).__name__
        return Outcome(error=f"The import did not finish ({reason}). {remedy}")
    if told.returncode == 0:
        return Outcome(json.loads(told.stdout))
    if told.returncode == 2:
        return Outcome(error=told.stderr.strip().splitlines()[-1])
    print(told.stderr, file=sys.stderr)
    return Outcome(
        error=f"The import failed with exit code {told.returncode}. Nothing was imported. See the server's output."
    )


def _run_command(
    here: Settings, file_name: str, content: bytes, options: list[str]
) -> subprocess.CompletedProcess[str]:
    """Run the command on a copy in the store, where `clean` finds it if this process is killed."""
    here.store.prepare()
    with tempfile.TemporaryDirectory(dir=here.store.root, prefix=NEW_FOLDER) as folder:
        path = Path(folder) / (re.sub(r"[^\w.-]", "_", Path(file_name).stem)[:60] + Path(file_name).suffix)
        path.write_bytes(content)
        return subprocess.run(
            [
                *(sys.executable, "-m", "engine", "import", str(path), "--json", *options),
                *("--store", str(here.store.root), "--data", str(here.worker.data_dir)),
            ],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            timeout=PATIENCE,
        )


def _draw_outcome(outcome: Outcome) -> None:
    if outcome.error:
        draw_error(outcome.error)
        return
    run = outcome.run
    accuracy = f"{run['clean_accuracy']:.1%} of {run['clean_accuracy_samples']:,} test images classified correctly"
    st.success(f"{plain(run['label'])}: {accuracy}." + ("" if run["new"] else " This run already existed."))
    if run["clean_accuracy"] < 3 / len(DATASETS[run["dataset"]].classes):
        st.warning(
            "This accuracy is close to guessing. Check that the weights were trained with this architecture and data "
            "set. LeNet normalizes pixels by the data set's mean and standard deviation; the other architectures use "
            "pixels in [0, 1]."
        )
    if run["renamed"]:
        st.caption("Matched by shape: " + plain(", ".join(run["renamed"].values())))
    if st.button("Show its weights", icon=":material/monitoring:", key="open-imported"):
        open_weights([run["run_id"]])
