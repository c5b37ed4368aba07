"""Which device a request means, and how many worker processes it takes."""

import joblib
import pytest

from engine import devices
from engine.devices import resolve_device, worker_process_count
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


def test_one_worker_process_per_usable_core_and_one_on_a_gpu(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 3)
    assert worker_process_count("cpu") == 3 and worker_process_count("cuda") == 1
