"""The examples in docstrings and documents give the stated results."""

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.interface import evaluate, run, runs, train
from engine.interface.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "python.md").read_text()


@pytest.fixture(scope="module")
def examples_store(tmp_path_factory) -> Path:
    """One store for all examples, since several use the same runs."""
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("module", [run, runs, train, evaluate], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module, examples_store, monkeypatch):
    monkeypatch.setenv("MINMAX_STORE", str(examples_store))
    found = doctest.testmod(module, extraglobs={"engine": engine}, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0 and found.attempted >= 2


@pytest.mark.slow
def test_the_blocks_of_the_document_run_one_after_the_other(examples_store, monkeypatch):
    monkeypatch.setenv("MINMAX_STORE", str(examples_store))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        exec("\n".join(re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)), {})
    said = printed.getvalue().splitlines()
    assert len(said) == 4 and all("Adv · seed" in line for line in said[:3])
    assert f"print(error)  # {said[3]}" in DOCUMENT


def test_the_document_names_every_setting_and_attribute():
    words = set(re.findall(r"`(\w+)", DOCUMENT))
    public = {name for name in vars(run.Run) if not name.startswith("_")} - {"laboratory"}
    assert public | set(Settings.__annotations__) | {"l1", "mu", "l2", "seed", "device", "store", "data"} <= words


@pytest.mark.slow
def test_the_quick_start_runs_as_a_script(examples_store):
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "docs" / "quickstart.py"],
        env={**os.environ, "MINMAX_STORE": str(examples_store), "PYTHONPATH": str(ROOT)},
        cwd=examples_store,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Min-Max .* · seed 0: 0\.866 \(linf, ε = 0\.3 normalized, 11 attacks\)$", done.stdout, re.M)
    assert re.search(r"Fuzziness of conv1 under Min-Max: 0\.\d+ before training, 0\.0\d+ nats after it", done.stdout)
    assert {path.name.rsplit("-", 1)[0] for path in examples_store.glob("mnist-*")} >= {
        "mnist-mini-std",
        "mnist-mini-min-max",
    }
