"""The full data sets through the command line, one epoch each: minutes, so only where the data are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MINMAX_DATA", ROOT / "data"))

pytestmark = pytest.mark.slow


def needs(name: str):
    return pytest.mark.skipif(not (DATA / f"{name}.npz").exists(), reason=f"needs {name}.npz in {DATA}")


def engine(store: Path, *words: str) -> dict:
    command = [sys.executable, "-m", "engine", *words, "--store", str(store), "--data", str(DATA), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs("mnist")
def test_mnist_min_max_against_std(tmp_path):
    variants = ("--variant", "std", "--variant", "min-max", "--l1", "0.1", "--l2", "-0.1")
    launched = engine(tmp_path, "launch", "--dataset", "mnist", *variants, "--epochs", "1", "--wait")["runs"]
    std, min_max = launched
    assert [run["status"] for run in launched] == ["finished", "finished"]
    assert [run["clean_accuracy_samples"] for run in launched] == [10_000, 10_000]
    assert min(run["clean_accuracy"] for run in launched) > 0.94
    assert min_max["conv1_fuzziness"] < 0.2 * std["conv1_fuzziness"]
    assert min_max["conv1_near_zero"] > 100 > std["conv1_near_zero"]

    ids = [run["run_id"] for run in launched]
    evaluated = engine(tmp_path, "evaluate", *ids, "--attacks", "fgsm", "pgd", "l2-bim", "--samples", "250")["runs"]
    for run in evaluated:
        assert run["n"] == 250 and run["n_invalid"] == 0
        cells = run["robust_accuracy_by_attack"]
        assert run["robust_accuracy"] <= min(cells.values()) <= run["clean_accuracy"]
        assert max(run["largest_linf"].values()) <= 0.3 * 0.3081 + 1e-6


@needs("cifar10")
def test_cifar10_is_read_in_color(tmp_path):
    (run,) = engine(tmp_path, "launch", "--dataset", "cifar10", "--variant", "std", "--epochs", "1", "--wait")["runs"]
    assert run["clean_accuracy"] > 0.35
    weights = np.fromfile(tmp_path / run["run_id"] / "conv1.f32", dtype="<f4")
    assert weights.size == 11 * 450
