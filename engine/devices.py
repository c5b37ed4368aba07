"""Devices and cores that this process may use. No torch unless a GPU driver is there."""

import shutil
from pathlib import Path

from engine.errors import InputError


def resolve_device(requested: str) -> str:
    """The device that a request for "auto", "cpu" or "cuda" means: "cpu" or "cuda".

    Raises:
        InputError: "cuda" was requested and torch cannot use it.
    """
    if requested == "cpu":
        return "cpu"
    if Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi"):
        import torch  # slow to import, and only needed where there is a GPU driver

        if torch.cuda.is_available():
            return "cuda"
    if requested == "cuda":
        raise InputError("a CUDA device", "none that torch can use", "Choose --device cpu or --device auto.")
    return "cpu"


def slot_count(device: str) -> int:
    """Number of worker processes to run side by side: one per usable core on a CPU, one on a GPU."""
    from joblib import cpu_count  # knows affinity and container quotas; slow to import

    return 1 if device == "cuda" else cpu_count()
