"""Environment of a training session: what the weights depend on besides the config; compared on resume."""

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from engine.data.sources import Dataset
from engine.errors import DamagedFile
from engine.runs.records import METRICS
from engine.runs.run_data import read_sessions
from engine.runs.run_files import ENVIRONMENT, write_json
from engine.training.checkpoint_file import has_checkpoint
from engine.training.schedule import TRAINING_VERSION


def describe_environment(dataset: Dataset, device: str) -> dict[str, object]:
    """Data, versions and device, as a JSON object.

    The instruction set of a processor determines the order of sums. Weights therefore differ between processors of
    one architecture, first in the last digits and soon in more.
    """
    processor = f"cpu {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {
        "data": dataset.digest,
        "test_data": dataset.test_digest,
        "training_version": TRAINING_VERSION,
        "torch": version("torch"),
        "device": torch.cuda.get_device_name() if device == "cuda" else processor,
        "threads": torch.get_num_threads(),
    }


def enter_session(folder: Path, dataset: Dataset, device: str) -> bool:
    """Record a training session of a run; return whether all its sessions are alike, so that it is bit-exact.

    Sessions of earlier versions did not record the test images, which do not decide the weights.

    Raises:
        DamagedFile: the file is damaged, or missing although the run has started.
    """
    sessions = read_sessions(folder)
    if not sessions and (has_checkpoint(folder) or (folder / METRICS).exists()):
        raise DamagedFile(
            f"{folder / ENVIRONMENT}, which says what {folder.name} was trained on so far",
            "no such file, although the run has started",
            "Restore the file from a copy, or delete the run and launch it again.",
        )
    here = describe_environment(dataset, device)
    write_json(folder / ENVIRONMENT, {"sessions": [*sessions, here]})
    return all({"test_data": dataset.test_digest} | session == here for session in sessions)
