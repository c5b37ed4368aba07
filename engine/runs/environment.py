"""Where a run was trained: what its weights depend on besides the config, recorded and compared on resume."""

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from engine.data.sources import Dataset
from engine.errors import InputError
from engine.runs.run_files import ENVIRONMENT, read_json, write_json
from engine.training.schedule import TRAINING_VERSION


def describe_environment(dataset: Dataset, device: str) -> dict[str, object]:
    """Data, versions and device, as JSON.

    The instructions a processor has decide the order of sums, so that weights differ in their last digits, and soon
    in more, between processors of one architecture.
    """
    processor = f"cpu {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {
        "data": dataset.digest,
        "training_version": TRAINING_VERSION,
        "torch": version("torch"),
        "device": torch.cuda.get_device_name() if device == "cuda" else processor,
        "threads": torch.get_num_threads(),
    }


def enter_session(folder: Path, dataset: Dataset, device: str) -> bool:
    """Note that a run is (again) trained here; whether all its sessions were alike, so that it is bit-exact.

    Raises:
        InputError: the run began with other training images.
    """
    sessions = (read_json(folder / ENVIRONMENT) or {}).get("sessions", [])
    here = describe_environment(dataset, device)
    if sessions and sessions[0]["data"] != here["data"]:
        raise InputError(
            f"the training images that {folder.name} began with ({sessions[0]['data']})",
            f"others ({here['data']})",
            "Put the first data file back, or delete the run and launch it again.",
        )
    write_json(folder / ENVIRONMENT, {"sessions": [*sessions, here]})
    return all(session == here for session in sessions)
