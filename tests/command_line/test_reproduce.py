"""`reproduce` as people use it: a small study through a real worker, and what cannot be asked for."""

import json
import os
import shutil
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.attacks.catalog import PAPER_ATTACKS
from engine.command_line import reproduce
from engine.command_line.study_progress import wait_for_study
from engine.measurements.evaluation.read import read_report
from engine.paper.claims import CLAIMS
from engine.paper.setting import SETTINGS
from engine.paper.tables import CELLS
from engine.queue.client import worker_identity
from engine.queue.process_identity import pid_of
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig


@pytest.fixture
def folders(tmp_path, few_images, monkeypatch):
    """Options for an empty store and a data folder whose `mnist` has 250 images, to be trained for one epoch."""
    shutil.copy(few_images / "mnist-mini.npz", tmp_path / "mnist.npz")
    small = replace(SETTINGS["mnist"], training=TrainingConfig(epochs=1, batch_size=50, learning_rate=0.01))
    monkeypatch.setitem(reproduce.SETTINGS, "mnist", small)
    root = tmp_path / "store"
    yield ["--store", str(root), "--data", str(tmp_path)]
    if identity := worker_identity(root):
        os.killpg(pid_of(identity), signal.SIGTERM)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["table3"], "table1-mnist, table2-cifar10"),
        (["table1-mnist", "--seeds", "0"], "1 to 20 seeds"),
        (["table1-mnist", "--seeds", "21"], "1 to 20 seeds"),
        (["table1-mnist", "--samples", "0"], "samples"),
        (["table1-mnist", "--samples", "10001"], "samples"),
        (["table1-mnist", "--l1", "0"], "λ and μ above 0"),
        (["table1-mnist", "--mu", "0"], "λ and μ above 0"),
        (["table1-mnist", "--l1", "1e9"], "l1 strength"),
        (["table1-mnist", "--scope", "conv2"], "conv2"),
    ],
)
def test_what_cannot_be_asked_for(command, no_worker, folders, words, said):
    answer = command("reproduce", *words, *folders)
    assert (answer.code, answer.out) == (2, "") and said in answer.err
    assert len(answer.err.strip().splitlines()) == 1 and not no_worker


def test_other_data_are_trained_judged_and_named(command, no_worker, folders, other_images, monkeypatch):
    data, root = Path(folders[3]), Path(folders[1])
    shutil.copy(other_images("x_test") / "mnist-mini.npz", data / "mnist.npz")
    monkeypatch.setattr(reproduce, "wait_for_study", partial(wait_for_study, wait=False))
    small, store = reproduce.SETTINGS["mnist"].on_data(data), RunStore(root)
    words = ["reproduce", "table1-mnist", "--seeds", 1, "--samples", 4, *folders]
    assert command(*words, "--json").code == 1, "no worker has trained the runs"
    queue = RunQueue(root)
    assert {store.config(job.run_id).data_digest for job in queue.jobs()} == {small.data_digest} != {None}
    assert {job.payload["data"] for job in queue.jobs() if job.kind == "evaluate"} == {small.data_digest}
    table = command(*words).out
    assert f"Data: other data {small.data_digest[:8]} (MNIST with other images than in the recorded runs)." in table
    assert table.count("Claim ") == len(CLAIMS)


@pytest.mark.slow
def test_a_small_study_through_a_real_worker(command, folders):
    words = ["reproduce", "table1-mnist", "--seeds", 1, "--samples", 4, "--l1", 0.2, "--mu", 0.1, "--scope", "conv1"]
    answer = command(*words, "--json", *folders)
    found = json.loads(answer.out)
    assert (answer.code, answer.err, found["finished"]) == (0, "", True)
    assert (found["dataset"], found["l1"], found["mu"], found["scope"]) == ("mnist", 0.2, 0.1, "conv1")
    store = RunStore(Path(folders[1]))
    runs = {store.config(run_id).variant: run_id for run_id in store.run_ids()}
    assert sorted(runs) == ["adv", "min-max", "std", "std+l1", "std+l2"]
    printed = [cell for cell in CELLS if cell.dataset == "mnist"]
    assert [(cell["quantity"], cell["variant"], cell["value"]) for cell in found["cells"]] == [
        (cell.quantity, cell.variant, cell.value) for cell in printed
    ]
    for cell in found["cells"]:
        run_id = runs[cell["variant"]]
        assert cell["run_ids"] == [run_id] and cell["difference"] == pytest.approx(cell["ours"]["mean"] - cell["value"])
        if cell["quantity"] in PAPER_ATTACKS:
            (path,) = store.report_paths(run_id)
            report = read_report(path)
            assert report is not None and report.n == cell["images"] == 4
            assert cell["ours"]["mean"] == report.robust_accuracy_by_attack[cell["quantity"]]
        else:
            key = {"none": "clean_accuracy", "fuzziness": "conv1_fuzziness"}[cell["quantity"]]
            assert cell["ours"]["mean"] == store.result(run_id)[key]
    assert [claim["number"] for claim in found["claims"]] == list(CLAIMS)
    (price,) = found["claims"][4]["statements"]
    clean = {cell["variant"]: cell["ours"]["mean"] for cell in found["cells"] if cell["quantity"] == "none"}
    assert price["unit"] == "fraction"
    assert price["difference"]["difference"] == pytest.approx(clean["std"] - clean["min-max"])

    before = {path: path.stat().st_mtime_ns for path in store.root.glob("*/model.safetensors")}
    table = command(*words, *folders)
    assert {path: path.stat().st_mtime_ns for path in store.root.glob("*/model.safetensors")} == before
    lines = table.out.splitlines()
    assert table.code == 0 and "λ = 0.2, μ = 0.1 on the first convolution" in lines[1]
    fgsm = next(line for line in lines if line.startswith("FGSM"))
    ours = {cell["variant"]: cell for cell in found["cells"] if cell["quantity"] == "fgsm"}
    for cell in ours.values():
        words = f"{100 * cell['ours']['mean']:.1f} ({100 * cell['value']:.1f}, {100 * cell['difference']:+.1f})"
        assert words in fgsm
    assert sum("†" in line for line in lines) == 2, "a mark and its note"
    assert [line for line in lines if line.startswith("Claim ")] == [
        f"Claim {claim['number']}: not decided. {claim['claim']}" for claim in found["claims"]
    ]
