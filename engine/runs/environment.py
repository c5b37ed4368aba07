"""Environment of a training session: what the weights depend on besides the config; compared on resume."""

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from engine.data.sources import Dataset
from engine.runs.run_data import sessions_so_far
from engine.runs.run_files import ENVIRONMENT, write_json
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
    sessions = sessions_so_far(folder)
    here = describe_environment(dataset, device)
    write_json(folder / ENVIRONMENT, {"sessions": [*sessions, here]})
    return all({"test_data": dataset.test_digest} | session == here for session in sessions)
