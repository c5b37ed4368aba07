"""Which device a request means, and how many worker processes it takes."""

import os
from pathlib import Path

import joblib
import pytest

from engine import devices
from engine.devices import core_count, resolve_device, worker_process_count
from engine.errors import InputError


@pytest.fixture
def no_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "Path", lambda name: tmp_path / "none")
    monkeypatch.setattr(devices.shutil, "which", lambda name: None)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_driver_everything_but_cuda_is_the_cpu():
    assert resolve_device("cpu") == resolve_device("auto") == "cpu"
    with pytest.raises(InputError, match="CUDA"):
        resolve_device("cuda")
    with pytest.raises(InputError, match="one of auto, cpu, cuda, got 'tpu'"):
        resolve_device("tpu")


def described(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n"}, 3),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "200000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/gone/../b\n", "sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "all of them\n"}, 64),
        (
            {
                "proc/self/cgroup": "7:memory:/m\n3:cpu,cpuacct:/c\n",
                "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "500000\n",
                "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            5,
        ),
    ],
    ids=["none", "no quota", "own", "nested", "of the parent", "odd path", "garbage", "version 1"],
)
def test_cores_follow_the_quotas_of_control_groups(tmp_path, monkeypatch, files, cores):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 64)
    assert core_count(described(tmp_path, files)) == cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_cores_follow_affinity(tmp_path):
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert core_count(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_one_worker_process_per_usable_core_and_one_on_a_gpu(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 3)
    assert worker_process_count("cpu") == 3 and worker_process_count("cuda") == 1
