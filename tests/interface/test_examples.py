"""The examples in docstrings, and the quick start, do what they say."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.interface import evaluate, run, runs, train

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", [run, runs, train, evaluate], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module, tmp_path_factory, monkeypatch):
    store = tmp_path_factory.getbasetemp() / "examples"
    monkeypatch.setenv("MINMAX_STORE", str(store))
    found = doctest.testmod(module, extraglobs={"engine": engine}, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0 and found.attempted >= 2
