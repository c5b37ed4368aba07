"""The eight additions of docs/extending.md, made in a copy of the checkout exactly as written, and run end to end."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"```python\n# (?P<file>[\w/.]+?\.py)(?:, in (?P<place>\w+))?\n(?P<code>.*?)```", re.DOTALL)


def sections() -> dict[str, list[tuple[str, str | None, str]]]:
    """Heading -> its code blocks: file, the table or function that the code goes into, code."""
    parts = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]
    return {
        part.splitlines()[0]: [(found["file"], found["place"], found["code"]) for found in BLOCK.finditer(part)]
        for part in parts
    }


def with_entry(text: str, table: str, entry: str) -> str:
    """The file's text with one more entry at the end of the tuple of this table."""
    opened = text.index("(\n", text.index(f"\n{table} = "))
    depth, closed = 0, opened
    for closed in range(opened, len(text)):
        depth += {"(": 1, ")": -1}.get(text[closed], 0)
        if depth == 0:
            break
    line = text.rindex("\n", 0, closed) + 1
    return f"{text[:line]}        {entry.strip()},\n{text[line:]}"


def with_case(text: str, case: str) -> str:
    """The file's text with one more case, before the others."""
    head, rest = text.split("    match attack:\n", 1)
    return f"{head}    match attack:\n{textwrap.indent(textwrap.dedent(case), 8 * ' ')}{rest}"


def apply(text: str, place: str | None, code: str) -> str:
    """The file's text with one code block of the document."""
    first, _, entry = code.partition("# ... and in ")
    if entry:  # a function, then the entry that names it
        table, entry = entry.split("\n", 1)
        before = text.index(f"\n{table} = ") + 1
        return with_entry(f"{text[:before]}{first.strip()}\n\n\n{text[before:]}", table, entry)
    if code.startswith("match attack:\n"):
        return with_case(text, code.removeprefix("match attack:\n"))
    return with_entry(text, place, code) if place else f"{text}\n\n{code}".lstrip()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the program."""
    for package in ("engine", "dashboard"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    return tmp_path


@pytest.fixture
def add(checkout):
    """Make an addition as its section says."""

    def make(heading: str) -> None:
        blocks = sections()[heading]
        assert blocks, f"no code under {heading!r}"
        for file, place, code in blocks:
            path = checkout / file
            path.parent.mkdir(exist_ok=True)
            before = path.read_text() if path.exists() else ""
            path.write_text(apply(before, place, code))

    return make


@pytest.fixture
def python(checkout, few_images):
    """Run code in the copy, with a store of its own and few images; what it prints last, as JSON."""

    def run(code: str) -> object:
        folders = (ROOT / "tests" / "startup", checkout, ROOT)  # engine comes from the copy
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "MINMAX_STORE": str(checkout / "store"),
            "MINMAX_DATA": str(few_images),
            "OMP_NUM_THREADS": "1",
        }
        process = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr[-3000:]
        return json.loads(process.stdout.splitlines()[-1])

    return run


TRAIN = 'engine.train("mnist-mini", variant="std", epochs=1, probe_samples=0, progress=False'


def test_every_addition_of_the_table_has_a_section():
    rows = re.findall(r"^\| \[([^\]]+)\]\(#", DOCUMENT.read_text(), flags=re.MULTILINE)
    assert len(rows) == 8
    assert [f"{name[0].upper()}{name[1:]}" for name in rows] == [name for name in sections() if sections()[name]]


@pytest.mark.slow
def test_an_attack(add, python):
    add("An attack")
    found = python(f"""
        import json, engine
        run = {TRAIN})
        report = engine.evaluate(run, attacks=["fgsm", "ni-fgsm"], samples=20, progress=False)
        print(json.dumps([report.robust_accuracy_by_attack, report.clean_accuracy]))
    """)
    by_attack, clean = found
    assert set(by_attack) == {"fgsm", "ni-fgsm"} and by_attack["ni-fgsm"] <= clean


@pytest.mark.slow
def test_a_data_set(add, python, few_images, tmp_path):
    add("A data set")
    found = python("""
        import json, os, shutil
        from pathlib import Path
        data = Path(os.environ["MINMAX_DATA"])
        shutil.copy(data / "mnist-mini.npz", "kmnist.npz")
        import engine
        run = engine.train("kmnist", variant="std", epochs=1, probe_samples=0, progress=False, data=Path.cwd())
        report = engine.evaluate(run, attacks=["fgsm"], samples=20, progress=False, data=Path.cwd())
        print(json.dumps([run.run_id, report.threat.epsilon, report.n]))
    """)
    run_id, epsilon, n = found
    assert run_id.startswith("kmnist-std-") and epsilon == 0.3 and n == 20


@pytest.mark.slow
def test_an_architecture(add, python):
    add("An architecture")
    found = python(f"""
        import json, engine
        run = {TRAIN}, architecture="tiny-cnn")
        report = engine.evaluate(run, attacks=["fgsm"], samples=20, progress=False)
        print(json.dumps([run.weights("conv1").shape, sorted(run.history[-1]), report.n]))
    """)
    shape, columns, n = found
    assert shape[1] == 4 * 25 and "conv1_fuzziness" in columns and n == 20


@pytest.mark.slow
def test_a_penalty(add, python):
    add("A penalty")
    found = python(f"""
        import json, engine, numpy

        def value(run, snapshot):
            size = numpy.abs(run.weights("conv1")[snapshot])
            return float((size / (1 + size)).sum())

        plain = {TRAIN})
        run = {TRAIN}, penalties={{"saturating": 0.5}})
        print(json.dumps([plain.run_id, run.run_id, run.label, run.history[0]["penalty"], value(run, 0),
                          value(run, -1), value(plain, -1)]))
    """)
    plain_id, run_id, label, penalty, start, end, plain_end = found
    assert run_id != plain_id and "-custom-" in run_id and "saturating" in label
    assert penalty == pytest.approx(0.5 * start, rel=1e-5)
    assert end < plain_end


@pytest.mark.slow
def test_an_optimizer(add, python):
    add("An optimizer")
    found = python(f"""
        import json, engine
        adam, run = {TRAIN}), {TRAIN}, optimizer="rmsprop")
        print(json.dumps([adam.run_id != run.run_id, run.status, bool((adam.weights() != run.weights()).any())]))
    """)
    assert found == [True, "finished", True]


@pytest.mark.slow
def test_a_quantity_of_each_snapshot(add, python):
    add("A quantity of each snapshot")
    found = python(f"""
        import json, numpy, engine
        run = {TRAIN})
        from dashboard.frames.histories import history_frame
        from engine.queue.overview import read_overview
        overview = read_overview(run.laboratory.store, run.run_id, None)
        from engine.runs.records import read_metrics
        records = {{run.run_id: read_metrics(run.laboratory.store.folder(run.run_id))}}
        frame = history_frame([overview], records, "conv1")
        print(json.dumps([run.history[-1]["conv1_mean_size"], float(numpy.abs(run.weights("conv1")[-1]).mean()),
                          overview.document()["conv1_mean_size"], overview.result["conv1_mean_size"],
                          list(frame.columns)]))
    """)
    value, expected, listed, result, columns = found
    assert value == listed == result == pytest.approx(expected, rel=1e-6)
    assert "mean_size" in columns


@pytest.mark.slow
def test_a_check(add, python):
    add("A check")
    found = python(f"""
        import json, engine
        run = {TRAIN})
        from pathlib import Path
        from engine.diagnostics.effort import Effort
        from engine.measurements.diagnosis.measure import diagnose_run
        from engine.measurements.diagnosis.request import DiagnosisRequest
        from engine.runs.config import linf_threat
        here = run.laboratory
        request = DiagnosisRequest(threat=linf_threat(run.config.dataset_spec), samples=20)
        light = Effort(steps=10, starts=1, tried=5, shown=5, queries=10, queried=2, noises=10, noised=2, far_steps=50)
        diagnosis = diagnose_run(here.store, run.run_id, request, here.data_dir, "cpu", effort=light)
        (finding,) = [one for one in diagnosis.findings if one.name == "logit_size"]
        print(json.dumps([finding.title, finding.verdict, finding.source, finding.values]))
    """)
    title, verdict, source, values = found
    assert title == "Logits are small" and verdict == "ok" and source and values["largest"] > 0


def test_a_page(add, python):
    add("A page")
    found = python("""
        import json
        from streamlit.testing.v1 import AppTest
        from dashboard.navigation import PAGES
        app = AppTest.from_file("dashboard/app.py", default_timeout=60).run()
        app.switch_page(PAGES["kernels"]).run()
        print(json.dumps([[title.value for title in app.title], [str(one) for one in app.exception]]))
    """)
    assert found == [["Kernels"], []]
