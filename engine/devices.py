"""Devices and cores that this process may use. Imports torch only if a GPU driver is installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import InputError


def resolve_device(requested: str) -> str:
    """Device for a request of "auto", "cpu" or "cuda": "cpu" or "cuda".

    Raises:
        InputError: an unknown device, or "cuda" was requested and torch cannot use it.
    """
    if requested not in ("auto", "cpu", "cuda"):
        raise InputError("a device, one of auto, cpu, cuda", repr(requested), "Choose one of these names.")
    if requested == "cpu":
        return "cpu"
    if Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi"):
        import torch  # slow to import, and only needed with a GPU driver

        if torch.cuda.is_available():
            return "cuda"
    if requested == "cuda":
        raise InputError("a CUDA device", "none that torch can use", "Choose --device cpu or --device auto.")
    return "cpu"


@contextmanager
def reproducible(device: str) -> Iterator[None]:
    """Context in which torch computes equal runs to equal bits on "cpu" or "cuda"; restores the previous settings.

    On a CPU, torch uses one thread, since the number of threads determines the order of sums.
    """
    import torch  # slow to import, and only needed for computing

    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    if device == "cpu":
        torch.set_num_threads(1)
    else:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic matrix products
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)


def core_count() -> int:
    """Number of cores that this process may use, as affinity and container quotas allow."""
    from joblib import cpu_count  # slow to import, and only needed where cores are counted

    return cpu_count()


def worker_process_count(device: str) -> int:
    """Number of worker processes to run side by side: one per usable core on a CPU, one on a GPU."""
    return 1 if device == "cuda" else core_count()
