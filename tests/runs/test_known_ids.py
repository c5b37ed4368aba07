"""Ids of recorded runs, reports and jobs are what they were: earlier stores, links and caches stay valid."""

import json
from pathlib import Path

import pytest

from engine.measurements.kinds import read_request
from engine.runs import config as config_module
from engine.runs.config import RunConfig
from engine.runs.store import SHIPPED, RunStore

KNOWN = json.loads((Path(__file__).parent / "known_ids.json").read_text())
"""Written by the version of 2026-11-25: torch 2.13.0+cpu."""


@pytest.fixture(autouse=True)
def torch_of_that_day(monkeypatch):
    monkeypatch.setattr(config_module, "version", lambda name: "2.13.0+cpu")


def test_every_recorded_run_has_its_id():
    store = RunStore(SHIPPED)
    assert {run_id: store.config(run_id).run_id for run_id in store.run_ids()} == KNOWN["runs"]


@pytest.mark.parametrize("known", KNOWN["configs"], ids=lambda known: known["run_id"])
def test_a_config_has_its_run_id(known):
    assert RunConfig.model_validate(known["config"]).run_id == known["run_id"]


def test_every_recorded_report_lies_under_its_protocol_id():
    store, found = RunStore(SHIPPED), {}
    for run_id in store.run_ids():
        for path in store.report_paths(run_id):
            report = json.loads(path.read_text())
            asked = {"threat": report["threat"], "seed": report["seed"]}
            request = read_request("evaluate", asked | {"samples": report.get("samples") or len(report["sample_ids"])})
            found.setdefault(run_id, {})[path.stem] = request.protocol_id
    assert found == KNOWN["reports"]


@pytest.mark.parametrize(
    ("kind", "known"),
    [(kind, known) for kind, several in KNOWN["jobs"].items() for known in several],
    ids=lambda value: value if isinstance(value, str) else value["job_id"],
)
def test_a_job_has_its_id(kind, known):
    request = read_request(kind, known["payload"])
    assert request.job_id("mnist-std-0000000000") == known["job_id"]
    assert request.protocol_id == known["protocol_id"]
    assert request.model_dump(mode="json") == known["payload"]
