"""`evaluate` as people use it: one ε or several, test images or an image of one's own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.catalog import DATASETS
from engine.data.fitting import fit_image, read_image
from engine.measurements.evaluation.read import read_report
from engine.measurements.kinds import measure
from engine.measurements.own_images import load_own_image
from engine.queue.client import worker_identity
from engine.queue.process_identity import is_alive, pid_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def digit(laboratory, tmp_path) -> Path:
    """A photographed 7 of the test set."""
    with np.load(laboratory.data / "mnist-mini.npz") as arrays:
        ink = arrays["x_test"][np.flatnonzero(arrays["y_test"] == 7)[0]]
    paper = Image.new("L", (700, 500), 230)
    paper.paste(Image.fromarray(230 - (ink * 0.8).astype(np.uint8)).resize((280, 280)), (350, 150))
    paper.save(tmp_path / "seven.jpg")
    return tmp_path / "seven.jpg"


@pytest.fixture
def engine(laboratory):
    """Run `python -m engine ...` as a process, with a worker of its own: (words) -> code, standard output."""

    def run(*words: object) -> tuple[int, str]:
        line = [sys.executable, "-m", "engine", *map(str, words), *laboratory.folders]
        found = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=100)
        assert found.stderr == "", found.stderr
        return found.returncode, found.stdout

    yield run
    if identity := worker_identity(laboratory.root):
        os.killpg(pid_of(identity), signal.SIGKILL)
        while is_alive(identity):
            time.sleep(0.02)


def rows_of(table: str) -> dict[str, list[str]]:
    """First words of each row -> its cells, which are two spaces or more apart."""
    lines = (line.strip().split("  ") for line in table.splitlines())
    split = ([cell.strip() for cell in line if cell.strip()] for line in lines)
    return {cells[0]: cells[1:] for cells in split}


@pytest.mark.slow
def test_an_evaluation_on_other_data_says_so_where_it_was_asked_for(laboratory, engine, other_images):
    laboratory.data = other_images("x_test")
    words = ["evaluate", laboratory.finished, "--attacks", "fgsm", "--samples", 20, "--other-data"]
    code, told = engine(*words, "--json")
    (document,) = json.loads(told)["runs"]
    assert code == 0 and document["test_data_is"] == "other"
    (path,) = laboratory.store.report_paths(laboratory.finished)
    report = read_report(path)
    assert report is not None and (report.test_data_is, report.test_data) == ("other", document["test_data"])
    assert "test images of other data than the run was trained on" in engine(*words)[1]


@pytest.mark.slow
def test_several_epsilons_and_an_own_image_through_a_real_worker(laboratory, engine, digit):
    words = ["evaluate", laboratory.finished, "--attacks", "fgsm", "--epsilon", 0, 0.1, 2, 0.1]
    code, out = engine(*words, "--samples", 50, "--kept-images", 5, "--json")
    documents = json.loads(out)["runs"]
    assert code == 0 and [one["threat"]["epsilon"] for one in documents] == [0.0, 0.1, 2.0]
    assert {(one["run_id"], one["status"], one["n"]) for one in documents} == {(laboratory.finished, "finished", 50)}
    accuracies = [one["robust_accuracy_by_attack"]["fgsm"] for one in documents]
    assert accuracies[0] == documents[0]["clean_accuracy"] >= accuracies[1] > accuracies[2]
    assert documents[1]["pixel_epsilon"] == pytest.approx([0.1 * 0.3081])
    assert documents[1]["largest_linf"]["fgsm"] == pytest.approx(0.1 * 0.3081, abs=1e-6)
    kept = []
    for path in (laboratory.root / laboratory.finished / "adversarial").glob("*-fgsm.npz"):
        with np.load(path) as arrays:
            kept.append(len(arrays["adversarial_images"]))
    assert kept == [5, 5, 5]

    code, out = engine(*words, "--samples", 50)
    table = rows_of(out)
    assert code == 0 and table["ε normalized"] == ["0", "0.1", "2"]
    assert table["ε in pixels"] == ["0.0000", "0.0308", "0.6162"]
    assert [cell.split(" (")[0] for cell in table["fgsm"]] == [f"{100 * accuracy:.1f} %" for accuracy in accuracies]
    assert table["worst case"] == table["fgsm"]

    reports = laboratory.store.report_paths(laboratory.finished)
    words += ["--image", digit, "--label", "7"]
    code, out = engine(*words, "--json")
    documents = json.loads(out)["runs"]
    assert code == 0 and [set(one["answers"]) for one in documents] == [{"none", "fgsm"}] * 3
    own = load_own_image(laboratory.store, documents[0]["image"])
    np.testing.assert_array_equal(own.image, fit_image(read_image(digit.read_bytes()), DATASETS["mnist-mini"]))
    assert own.label == 7 and {one["label"] for one in documents} == {"7"}
    clean = documents[0]["answers"]["none"]
    assert documents[0]["answers"]["fgsm"] == clean and all(one["answers"]["none"] == clean for one in documents)
    assert all(0.1 <= answer["confidence"] <= 1 for one in documents for answer in one["answers"].values())
    assert laboratory.store.report_paths(laboratory.finished) == reports

    code, out = engine(*words)
    table = rows_of(out)
    assert code == 0 and table["no attack"] == [f"{clean['prediction']} {100 * clean['confidence']:.1f} %"] * 3
    assert f"7, an image of your own ({documents[0]['image']})" in out


def test_a_job_for_each_run_and_epsilon(command, laboratory, monkeypatch):
    """Nobody works here: the table says so for each, and the code is 1."""
    import shutil

    other = laboratory.root / laboratory.queued
    for name in ("model.safetensors", "result.json"):
        shutil.copy(laboratory.root / laboratory.finished / name, other / name)
    monkeypatch.setattr("engine.command_line.evaluate.wait_for_jobs", lambda *_, **__: None)
    words = ["evaluate", laboratory.finished, laboratory.queued, "--attacks", "pgd", "--epsilon", 0.1, 0.2, "--unit"]
    answer = command(*words, "pixel", "--json", *laboratory.folders)
    documents = json.loads(answer.out)["runs"]
    assert answer.code == 1
    assert [(one["run_id"], one["threat"]["epsilon"], one["status"]) for one in documents] == [
        (run_id, epsilon, "queued") for run_id in (laboratory.finished, laboratory.queued) for epsilon in (0.1, 0.2)
    ]
    jobs = [job for job in laboratory.queue.jobs() if job.kind == "evaluate"]
    assert sorted((job.run_id, job.payload["threat"]["epsilon"]) for job in jobs) == sorted(
        (one["run_id"], one["threat"]["epsilon"]) for one in documents
    )
    assert command(*words, "pixel", *laboratory.folders).out.count("queued") == 2


@pytest.mark.slow
def test_the_worst_case_says_whose_it_is(command, laboratory, monkeypatch):
    def do(queue, job_ids, settings, quiet=False):
        for job in queue.jobs(job_ids):
            measure(
                laboratory.store,
                job.kind,
                job.run_id,
                job.payload,
                laboratory.data,
                "cpu",
                lambda fraction, words: None,
            )
            queue.claim("here", lambda jobs, wanted=job.job_id: [one for one in jobs if one.job_id == wanted])
            queue.release("here", job.job_id, "finished")

    monkeypatch.setattr("engine.command_line.evaluate.wait_for_jobs", do)
    words = ["evaluate", laboratory.finished, "--samples", 20, *laboratory.folders, "--attacks"]
    assert "attacks of earlier evaluations" not in command(*words, "fgsm", "linf-bim").out
    answer = command(*words, "fgsm")
    assert "Counted at any size" not in answer.out
    told = command(*words, "deepfool", "cw").out
    assert "Counted at any size (cw)" in told and "deepfool" not in rows_of(told), "its accuracy says nothing"
    assert (
        "deepfool found" in told and "the worst case includes attacks of earlier evaluations: linf-bim, fgsm." in told
    )
    assert (
        answer.code == 0 and "ε = 0.3: the worst case includes attacks of earlier evaluations: linf-bim." in answer.out
    )


def refused(answer, laboratory, *words: str) -> None:
    assert answer.code == 2 and answer.out == "" and answer.err.count("\n") == 1, answer
    assert "Traceback" not in answer.err and all(word in answer.err for word in words), answer.err
    assert len(laboratory.queue.jobs()) == 3 and not (laboratory.root / "images").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epsilon", "0.1", "nan"], "epsilon"),
        (["--epsilon", "0.1", "101"], "epsilon"),
        (["--epsilon"], "--epsilon"),
        (["--kept-images", "1001"], "0 to 1000"),
        (["--kept-images", "x"], "--kept-images"),
        (["--label", "7"], "no --image"),
    ],
)
def test_bad_words(command, laboratory, no_worker, words, said):
    refused(command("evaluate", laboratory.finished, *words, *laboratory.folders), laboratory, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no --label"),
        (["--label", "ten"], "0, 1, 2"),
        (["--label", "10"], "0, 1, 2"),
        (["--label", "-1"], "--label"),
        (["--label", ""], "--label"),
        (["--label", "7", "--samples", "20"], "--samples"),
    ],
)
def test_a_label_that_is_none(command, laboratory, no_worker, digit, words, said):
    answer = command("evaluate", laboratory.finished, "--image", digit, *words, *laboratory.folders)
    refused(answer, laboratory, said)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "empty"), (b"text", "another format"), (None, "not there"), ("folder", "image file")]
)
def test_a_file_that_is_no_image(command, laboratory, no_worker, tmp_path, content, said):
    path = tmp_path / "digit.png"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    said = "digit.png" if content is None else said
    words = ["evaluate", laboratory.finished, "--image", path, "--label", 7]
    refused(command(*words, *laboratory.folders), laboratory, said)


def test_blank_paper(command, laboratory, no_worker, tmp_path):
    Image.new("L", (200, 200), 255).save(tmp_path / "digit.png")
    words = ["evaluate", laboratory.finished, "--image", tmp_path / "digit.png", "--label", 7]
    refused(command(*words, *laboratory.folders), laboratory, "blank")


def test_an_image_larger_than_any(command, laboratory, no_worker, digit, monkeypatch):
    monkeypatch.setattr("engine.command_line.own_image.LARGEST_FILE", 2**10)
    words = ["evaluate", laboratory.finished, "--image", digit, "--label", 7]
    refused(command(*words, *laboratory.folders), laboratory, "at most", str(digit))


@pytest.mark.parametrize("label", ["ankle boot", "Ankle Boot", "9"])
def test_classes_by_name_and_number(label):
    from engine.command_line.own_image import _label

    assert _label(DATASETS["fashion-mnist"], label) == 9
