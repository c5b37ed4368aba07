"""Systems that the laboratory does not run on are told so in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HIDE = "import runpy, sys; sys.modules['fcntl'] = sys.modules['resource'] = None; "
"""Beginning of a program that finds no POSIX locks, as on Windows."""


@pytest.mark.parametrize(
    "program",
    [
        "import engine",
        "runpy.run_module('engine', run_name='__main__')",
        "runpy.run_module('dashboard', run_name='__main__')",
    ],
)
def test_windows_gets_one_sentence(program):
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # else engine is loaded before
    ended = subprocess.run([sys.executable, "-c", HIDE + program], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr == "The Min-Max laboratory needs Linux or macOS; on Windows, use WSL or Docker.\n"
