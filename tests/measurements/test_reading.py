"""Readers trust nothing: whatever JSON a file holds, they give a valid record or say that the file is damaged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.checksum import sealed
from engine.documents import read_json, write_json
from engine.errors import DamagedFile, InputError
from engine.measurements.curve.read import read_curve_file
from engine.measurements.diagnosis.read import read_diagnosis_file
from engine.measurements.evaluation.read import read_report
from engine.measurements.transfer.read import read_transfer_file
from engine.minmax.quantities import layer_values, recorded
from engine.runs.records import METRICS, parse_record, read_last_metrics, read_metrics
from engine.runs.result_file import read_result
from engine.runs.run_files import CONFIG, MODEL, RESULT, load_weights
from engine.runs.store import SHIPPED, RunStore
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import read_sweep_file, save_sweep

NUMBERS = st.integers() | st.floats(allow_nan=False) | st.sampled_from([10**400, -1, 2**63, 1e308, 3, 0.5])
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(["bogus", "conv1", "finished"])
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner))
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def first(pattern: str) -> Path:
    return next(iter(sorted(SHIPPED.glob(pattern))))


def sweep_file(folder: Path) -> Path:
    store = RunStore(folder)
    save_sweep(store, SweepRequest())
    return next((folder / "sweeps").glob("*.json"))


READERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    "result.json": (lambda _: first(f"*/{RESULT}"), lambda path: read_result(path.parent)),
    "report.json": (lambda _: first("*/evaluations/*.json"), read_report),
    "curve.json": (lambda _: first("*/curves/*.json"), read_curve_file),
    "diagnosis.json": (lambda _: first("*/diagnoses/*.json"), read_diagnosis_file),
    "transfer.json": (lambda _: first("*/transfers/*.json"), read_transfer_file),
    "sweep.json": (sweep_file, read_sweep_file),
}


def mutate(document: Any, path: list[int], value: Any, remove: bool) -> Any:
    """The document with one entry, found by going down `path`, replaced or removed."""
    if not isinstance(document, dict | list) or not document or not path:
        return value
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = keys[path[0] % len(keys)]
    changed = dict(document) if isinstance(document, dict) else list(document)
    if remove and len(path) == 1:
        del changed[key]
    else:
        changed[key] = mutate(changed[key], path[1:], value, remove)
    return changed


def allowed(document: object) -> str:
    """The document as text, also with numbers that JSON does not have."""
    return json.dumps(document)


@pytest.mark.parametrize("name", READERS)
@QUICK
@given(data=st.data())
def test_a_record_is_valid_or_damaged(name, tmp_path, data):
    seed, read = READERS[name]
    document = read_json(seed(tmp_path))
    path = tmp_path / name
    if data.draw(st.booleans()):
        changed = data.draw(JSON)
    else:
        places = st.lists(st.integers(0, 30), min_size=1, max_size=4)
        changed = mutate(document, data.draw(places), data.draw(JSON), data.draw(st.booleans()))
    sealing = isinstance(changed, dict) and data.draw(st.booleans())
    try:
        path.write_text(allowed(sealed(changed) if sealing else changed))
    except ValueError:
        return  # infinity cannot be sealed
    try:
        found = read(path)
    except DamagedFile as error:
        assert name in str(error) and "delete the folder" not in str(error)
        return
    values = found.model_dump(mode="json") if hasattr(found, "model_dump") else found
    json.dumps(values, allow_nan=False)


@QUICK
@given(path=st.lists(st.integers(0, 30), min_size=1, max_size=3), value=JSON, remove=st.booleans())
def test_a_line_of_metrics_is_valid_or_damaged(tmp_path, path, value, remove):
    line = json.loads(first(f"*/{METRICS}").read_bytes().splitlines()[0])
    (tmp_path / METRICS).write_text(allowed(mutate(line, path, value, remove)) + "\n")
    last, records = read_last_metrics(tmp_path), read_metrics(tmp_path)
    assert records == ([] if last is None else [last])
    for record in records:
        json.dumps([layer_values(record), recorded(record, "fuzziness", "conv1")])
        assert record["clean_accuracy"] <= 1 and record["step"] >= 0


@QUICK
@given(path=st.lists(st.integers(0, 30), min_size=1, max_size=4), value=JSON, remove=st.booleans())
def test_a_config_is_valid_or_refused(tmp_path, path, value, remove):
    store, run_id = RunStore(tmp_path), "mnist-std-0123456789"
    (tmp_path / run_id).mkdir(exist_ok=True)
    document = mutate(read_json(first(f"*/{CONFIG}")), path, value, remove)
    (tmp_path / run_id / CONFIG).write_text(allowed(document))
    try:
        json.dumps(store.config(run_id).model_dump(mode="json"), allow_nan=False)
    except InputError as error:
        assert CONFIG in str(error) or "newer" in str(error) or "Update" in str(error)


@QUICK
@given(data=st.data())
def test_one_flipped_bit_of_the_final_weights_is_noticed(tmp_path, weights_of_a_run, data):
    content = bytearray((weights_of_a_run / MODEL).read_bytes())
    place = data.draw(st.integers(0, 8 * len(content) - 1) | st.integers(0, 8 * 3000))
    content[place // 8] ^= 1 << place % 8
    (tmp_path / MODEL).write_bytes(bytes(content))
    try:
        found = load_weights(tmp_path)
    except DamagedFile as error:
        assert MODEL in str(error)
        return
    expected = load_weights(weights_of_a_run)
    assert found.keys() == expected.keys() and all((found[name] == expected[name]).all() for name in expected)


@pytest.fixture(scope="module")
def weights_of_a_run(tmp_path_factory) -> Path:
    """A folder with the weights of a recorded run, as they are written today."""
    from engine.runs.run_files import save_model

    folder, store = tmp_path_factory.mktemp("weights"), RunStore(SHIPPED)
    run_id = first(f"*/{MODEL}").parent.name
    save_model(folder, load_weights(store.folder(run_id)), store.config(run_id))
    return folder


def test_weights_are_plain_safetensors_for_others(weights_of_a_run):
    found = safetensors.numpy.load_file(weights_of_a_run / MODEL)
    assert found.keys() == load_weights(weights_of_a_run).keys()


def test_a_line_with_another_row_or_number_has_another_checksum():
    record = json.loads(first(f"*/{METRICS}").read_bytes().splitlines()[0]) | {"rows": {"conv1": "0" * 32}}
    line = json.dumps(sealed(record)).encode()
    assert parse_record(line) == record
    assert parse_record(line.replace(b'"rows": {"conv1": "0', b'"rows": {"conv1": "1')) is None
    assert parse_record(line.replace(b'"checksum"', b'"checksul"')) is None


def test_a_result_is_written_with_its_checksum(tmp_path):
    write_json(tmp_path / RESULT, {"status": "finished", "steps": 3})
    assert read_result(tmp_path) == {"status": "finished", "steps": 3}
    (tmp_path / RESULT).write_text((tmp_path / RESULT).read_text().replace('"steps": 3', '"steps": 7'))
    with pytest.raises(DamagedFile, match=r"result\.json.*checksum.*Restore"):
        read_result(tmp_path)
