"""Small copies of runs, asked for on the command line."""

import json

import pytest

from engine.runs.records import read_metrics


def test_a_copy_is_made_and_its_size_told(command, laboratory, tmp_path):
    words = ["record", laboratory.finished, "--out", tmp_path / "out", "--store", laboratory.root]
    answer = command(*words, "--snapshots", "3", "--json")
    assert answer.code == 0 and answer.err == ""
    (copy,) = json.loads(answer.out)["copies"]
    folder = tmp_path / "out" / laboratory.finished
    assert copy == {"folder": str(folder), "bytes": sum(file.stat().st_size for file in folder.rglob("*.*"))}
    assert [record["epoch"] for record in read_metrics(folder)] == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("words", [["--snapshots", "1"], ["--snapshots", "many"], ["--store", "nowhere"]])
def test_what_cannot_be_recorded_is_refused(command, laboratory, tmp_path, words):
    answer = command("record", laboratory.finished, "--out", tmp_path / "out", "--store", laboratory.root, *words)
    assert answer.code == 2 and answer.out == "" and len(answer.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_not_finished_is_refused(command, laboratory, tmp_path):
    answer = command("record", laboratory.stopped, "--out", tmp_path / "out", "--store", laboratory.root)
    assert answer.code == 2 and "a finished run" in answer.err


@pytest.mark.parametrize(
    "words",
    [["evaluate"], ["evaluate", "--now"], ["curve"], ["export", "--out", "weights.pt"]],
    ids=lambda words: " ".join(words),
)
def test_a_copy_without_weights_is_refused_where_weights_are_needed(command, laboratory, tmp_path, no_worker, words):
    store = ["--store", laboratory.root]
    bare = ["--without", "weights", "images"]
    assert command("record", laboratory.finished, "--out", tmp_path / "bare", *store, *bare).code == 0
    answer = command(words[0], laboratory.finished, *words[1:], "--store", tmp_path / "bare")
    assert (answer.code, answer.out) == (2, "") and "recorded without them. Delete this copy first." in answer.err
    assert not no_worker and not (tmp_path / "bare" / "queue.sqlite").exists()
