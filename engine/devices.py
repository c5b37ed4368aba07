"""Devices and cores that this process may use. Imports torch only if a GPU driver is installed."""

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

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


def core_count(root: Path = Path("/")) -> int:
    """Number of cores that this process may use, as affinity and the quotas of its control groups allow.

    A quota of a part of a core counts as the whole one.

    Args:
        root: of the file system that describes the control groups.
    """
    from joblib import cpu_count  # slow to import, and only needed where cores are counted

    return min([cpu_count(), *map(math.ceil, _quotas(root))])


def _quotas(root: Path) -> Iterator[float]:
    """Cores that each control group of this process may use, where it has a quota; none outside Linux."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount, group_path = root / "sys/fs/cgroup" / ("cpu" if controllers else ""), PurePosixPath(group)
        for one in (group_path, *group_path.parents):
            folder = mount / one.relative_to("/")
            if controllers:
                words = [_text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
            else:
                words = _text(folder / "cpu.max").split()
            if len(words) == 2 and all(word.strip().isdecimal() and int(word) for word in words):
                yield int(words[0]) / int(words[1])


def _text(path: Path) -> str:
    """Content of a file; empty if it cannot be read."""
    try:
        return path.read_text()
    except OSError:
        return ""


def worker_process_count(device: str) -> int:
    """Number of worker processes to run side by side: one per usable core on a CPU, one on a GPU."""
    return 1 if device == "cuda" else core_count()
