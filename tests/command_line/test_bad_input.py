"""Whatever is asked wrongly ends with code 2 and one line that says so; nothing is written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main

ROOT = Path(__file__).parents[2]
COMMANDS = (
    *("launch", "sweep", "reproduce", "worker", "runs", "evaluate", "compare", "curve", "transfer", "import", "export"),
    *("record", "data"),
)
LAUNCHES = [
    ["--epochs", "0"],
    ["--epochs", "501"],
    ["--epochs", "x"],
    ["--epochs", "1.5"],
    ["--epochs", "nan"],
    ["--epochs", ""],
    ["--batch-size", "0"],
    ["--batch-size", "9" * 30],
    ["--learning-rate", "nan"],
    ["--learning-rate", "inf"],
    ["--learning-rate", "0"],
    ["--learning-rate", "-1e-3"],
    ["--optimizer", "rmsprop"],
    ["--halve-every", "-1"],
    ["--snapshots-per-epoch", "51"],
    ["--weight-limit", "inf"],
    ["--l1", "-0.1"],
    ["--l1", "nan"],
    ["--l1", "11"],
    ["--l2", "0.1"],
    ["--l2", "0"],
    ["--l2", "-inf"],
    ["--l2", "-11"],
    ["--variant", "std", "--l1", "nan"],
    ["--variant", "adv", "--l2", "inf"],
    ["--scope", "conv2"],
    ["--variant", "Std"],
    ["--variant", ""],
    ["--dataset", "nmist"],
    ["--dataset", "../mnist"],
    ["--architecture", "resnet"],
    ["--architecture", "madry-cnn", "--dataset", "cifar10"],
    ["--seed", "-1"],
    ["--seed", "2147483648"],
    ["--seed", "one"],
    [word for seed in range(129) for word in ("--seed", str(seed))],
    ["--epsilon", "nan"],
    ["--epsilon", "-0.1"],
    ["--epsilon", "101"],
    ["--unit", "percent"],
    ["--probe-samples", "-1"],
    ["--probe-steps", "3"],
    ["--probe-every", "0"],
    ["--device", "tpu"],
    ["--momentum", "0.9"],
    ["extra"],
]


def assert_refused(answer, *words: str) -> None:
    assert answer.code == 2, answer
    assert answer.out == "" and answer.err.endswith("\n") and answer.err.count("\n") == 1, answer
    assert "Traceback" not in answer.err and len(answer.err) < 600
    assert all(word in answer.err for word in words), answer.err


@pytest.mark.parametrize("words", LAUNCHES, ids=lambda words: " ".join(words)[:40])
def test_launch(command, tmp_path, no_worker, words):
    assert_refused(command("launch", *words, "--store", tmp_path / "store", "--data", tmp_path / "data"))
    assert not any(tmp_path.iterdir()) and no_worker == []


@pytest.mark.parametrize("command_name", COMMANDS)
def test_an_unknown_option(command, command_name):
    assert_refused(command(command_name, "--frobnicate"), "--help")


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["Launch"]])
def test_no_such_command(command, words):
    assert_refused(command(*words))


@pytest.mark.parametrize("run_id", ["mnist-mini-std-0000000000", "../store", "A", "", "a\nb"])
@pytest.mark.parametrize(
    "words",
    [
        ["runs", "{}"],
        ["runs", "{}", "--stop"],
        ["runs", "{}", "--resume"],
        ["runs", "{}", "--delete"],
        ["evaluate", "{}"],
        ["export", "{}", "--out", "x.safetensors"],
    ],
    ids=lambda words: " ".join(words),
)
def test_unknown_runs(command, laboratory, no_worker, run_id, words):
    before = sorted(laboratory.root.rglob("*"))
    folders = laboratory.folders if words[0] != "export" else laboratory.folders[:2]
    assert_refused(command(*(word.format(run_id) for word in words), *folders), repr(run_id))
    assert sorted(laboratory.root.rglob("*")) == before and no_worker == []


def test_one_unknown_run_among_known_ones_changes_nothing(command, laboratory, no_worker):
    assert_refused(command("runs", laboratory.finished, "nope", "--delete", *laboratory.folders), "nope")
    assert laboratory.store.result(laboratory.finished)
    assert_refused(command("runs", laboratory.queued, "nope", "--stop", *laboratory.folders), "nope")
    assert laboratory.queue.job(laboratory.queued).status == "queued"


@pytest.mark.parametrize("action", ["--stop", "--resume", "--delete"])
def test_an_action_needs_ids(command, laboratory, no_worker, action):
    assert_refused(command("runs", action, *laboratory.folders), "RUN_ID")
    assert len(laboratory.store.run_ids()) == 3 and no_worker == []


def test_two_actions_at_once(command, laboratory, no_worker):
    assert_refused(command("runs", laboratory.finished, "--stop", "--delete", *laboratory.folders))


@pytest.mark.parametrize(
    "words",
    [
        ["--attacks", "autoattack"],
        ["--attacks", "pgd", "FGSM"],
        ["--attacks"],
        ["--samples", "0"],
        ["--samples", "x"],
        ["--epsilon", "nan"],
        ["--epsilon", "-inf"],
        ["--epsilon", "1e9"],
        ["--unit", "l2"],
        ["--seed", "-1"],
    ],
    ids=" ".join,
)
def test_evaluate(command, laboratory, no_worker, words):
    assert_refused(command("evaluate", laboratory.finished, *words, *laboratory.folders))
    assert len(laboratory.queue.jobs()) == 3 and no_worker == []


def test_evaluating_an_unfinished_run(command, laboratory, no_worker):
    assert_refused(command("evaluate", laboratory.stopped, *laboratory.folders), laboratory.stopped, "finish")


@pytest.mark.parametrize("damage", ["missing", "truncated", "text"])
@pytest.mark.parametrize("words", [["launch", "--dataset", "cifar10"], ["data", "--fetch", "cifar10"]], ids=" ".join)
def test_damaged_data(command, tmp_path, no_worker, damage, words):
    data = tmp_path / "data"
    data.mkdir()
    path = data / "cifar10.npz"
    np.savez_compressed(path, **{name: np.zeros(9, np.uint8) for name in ("x_train", "y_train", "x_test")})
    content = {"missing": path.read_bytes(), "truncated": path.read_bytes()[:-40], "text": b"text"}[damage]
    path.write_bytes(content)
    assert_refused(command(*words, "--store", tmp_path / "store", "--data", data), str(path))
    assert path.read_bytes() == content and not (tmp_path / "store").exists() and no_worker == []


def test_export(command, laboratory, tmp_path):
    target = tmp_path / "model.safetensors"
    store = laboratory.folders[:2]
    assert_refused(command("export", laboratory.stopped, "--out", target, *store), "finish")
    assert_refused(command("export", laboratory.finished, "--out", tmp_path / "no" / "model.safetensors", *store), "no")
    assert_refused(command("export", laboratory.finished, "--out", tmp_path / "model.pth", *store), "model.pth")
    assert_refused(command("export", laboratory.finished, *store), "--out")
    target.write_text("mine")
    assert_refused(command("export", laboratory.finished, "--out", target, *store), "--force")
    assert target.read_text() == "mine"
    model = laboratory.root / laboratory.finished / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-9])
    assert_refused(command("export", laboratory.finished, "--out", tmp_path / "new.safetensors", *store), "damaged")
    assert not (tmp_path / "new.safetensors").exists()


def test_exporting_over_a_folder(command, laboratory, tmp_path):
    target = tmp_path / "model.safetensors"
    target.mkdir()
    assert_refused(command("export", laboratory.finished, "--out", target, "--force", *laboratory.folders[:2]))
    assert target.is_dir() and [path.name for path in tmp_path.iterdir() if path.is_file()] == []


@pytest.mark.parametrize(
    "words", [["--slots", "0"], ["--slots", "65"], ["--slots", "x"], ["--idle-exit", "nan"], ["--idle-exit", "-1"]]
)
def test_worker(command, tmp_path, words):
    assert_refused(command("worker", *words, "--store", tmp_path / "store"), words[0])
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("words", [["runs"], ["worker"], ["launch"]], ids=" ".join)
def test_a_store_that_is_a_file(command, tmp_path, no_worker, words):
    (tmp_path / "store").write_text("mine")
    assert_refused(command(*words, "--store", tmp_path / "store"), "--store")
    assert (tmp_path / "store").read_text() == "mine"


def test_a_damaged_queue(command, laboratory, no_worker):
    (laboratory.root / "queue.sqlite").write_text("no database " * 100)
    for extra in ("-wal", "-shm"):
        (laboratory.root / f"queue.sqlite{extra}").unlink(missing_ok=True)
    answer = command("runs", *laboratory.folders)
    assert answer.code == 0 and laboratory.queued in answer.out, "runs are listed from their files"
    assert "queue.sqlite" in answer.err and "engine reindex" in answer.err and answer.err.count("\n") == 1
    assert_refused(command("launch", "--epochs", "1", *laboratory.folders), "queue.sqlite", "engine reindex")
    planned = command("reindex", "--dry-run", *laboratory.folders).out.splitlines()
    assert planned[0].startswith("Nothing was changed.") and planned[1].startswith("queue.sqlite is damaged (")
    first, *counts = command("reindex", *laboratory.folders).out.splitlines()
    (aside,) = laboratory.root.glob("queue.damaged-*.sqlite")
    assert first.startswith("queue.sqlite was damaged (") and first.count("damaged file") == 1
    assert first.endswith(f"The damaged file is now {aside}, and a new queue was written.")
    assert counts[0].startswith("Trainings queued again") and any("lost" in line for line in counts)
    assert not [line for line in (first, *counts) if "agrees" in line or "run `python" in line]
    again = command("reindex", *laboratory.folders).out.splitlines()
    assert again[0] == "queue.sqlite can be read, and is kept." and "Open measurements lost: 0" in again


def test_a_queue_that_is_locked_or_full(command, laboratory, monkeypatch):
    import sqlite3

    from engine.queue import queue_file

    def refuse(connection):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(queue_file, "schema_version", refuse)
    monkeypatch.setattr(queue_file, "read_at_rest", lambda path: (b"", b""))
    assert_refused(command("launch", "--epochs", "1", *laboratory.folders), "is full")


def test_as_a_program(tmp_path):
    """The same through a real process: code and streams."""
    words = [sys.executable, "-m", "engine", "launch", "--epochs", "many", "--store", str(tmp_path / "store")]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "LANG": "C"})
    assert found.returncode == 2 and found.stdout == "" and found.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


# help


def words_of_help(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_names_the_commands(capsys):
    assert all(name in words_of_help(capsys) for name in COMMANDS)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("launch", [
            "1 to 500; default 10", "1 to 4096; default 64", "1e-06 to 1; default 0.001", "0 to 500; default 0",
            "1 to 50; default 10", "0 to 10; default 0.1", "-10 to 10; default -0.1", "one of adam, sgd",
            "one of conv1, all", "one of auto, cpu, cuda", "0 to 1024", "4 to 100", "at most 256",
            "std, std+l1, std+l2, adv, min-max", "mnist-mini, mnist, fashion-mnist, cifar10", "0 to 100",
        ]),
        ("evaluate", ["1 to 10 000; default 500", "presets (paper, strong), or any of fgsm, pgd, cw", "0 to 100"]),
        ("worker", ["1 to 64", "0 to 1e6", "one of auto, cpu, cuda"]),
        ("data", ["mnist-mini, mnist, fashion-mnist, cifar10"]),
        ("export", [".safetensors"]),
        ("runs", ["--stop", "--resume", "--delete"]),
    ],
)  # fmt: skip
def test_help_states_the_limits(capsys, name, limits):
    text = words_of_help(capsys, name)
    assert [limit for limit in limits if limit not in text] == []
    assert name == "export" or "--json" in text
