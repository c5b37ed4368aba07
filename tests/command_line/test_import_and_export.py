"""Weights in and out: what comes back is what went in, and what cannot is said in one line."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch

from engine.runs.run_files import load_weights


def imported(command, path, laboratory, *words: object):
    """The command's answer; LeNet on mnist-mini unless the words say otherwise, the last of which count."""
    usual = ["--architecture", "lenet", "--dataset", "mnist-mini", *laboratory.folders]
    return command("import", path, *usual, *words)


def exported(command, laboratory, run_id, path):
    answer = command("export", run_id, "--out", path, *laboratory.folders[:2])
    assert answer.code == 0, answer
    return answer


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_export_and_import_give_the_same_bits(command, laboratory, tmp_path, suffix):
    path = tmp_path / f"taken{suffix}"
    exported(command, laboratory, laboratory.finished, path)
    document = json.loads(imported(command, path, laboratory, "--json").out)
    before, after = (load_weights(laboratory.root / run) for run in (laboratory.finished, document["run_id"]))
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    assert document["clean_accuracy"] == laboratory.store.result(laboratory.finished)["clean_accuracy"]
    assert (document["label"], document["status"], document["new"], document["renamed"]) == (
        "taken", "finished", True, {},
    )  # fmt: skip
    assert json.loads(imported(command, path, laboratory, "--json").out)["new"] is False
    again = tmp_path / f"again{suffix}"
    exported(command, laboratory, document["run_id"], again)
    if suffix == ".pt":
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_the_printed_lines_load_the_network(command, laboratory, tmp_path, suffix):
    answer = exported(command, laboratory, laboratory.finished, tmp_path / f'an "odd" {{name}}{suffix}')
    assert len(answer.out.splitlines()) == 5
    names: dict = {}
    exec(answer.out, names)
    with np.load(laboratory.data / "mnist-mini.npz") as arrays:
        images, labels = torch.from_numpy(arrays["x_test"])[:, None].float() / 255, arrays["y_test"]
    accuracy = float((names["model"](images).argmax(1).numpy() == labels).mean())
    assert accuracy == pytest.approx(laboratory.store.result(laboratory.finished)["clean_accuracy"])
    assert not names["model"].training


def test_a_plain_state_dict_is_exported(command, laboratory, tmp_path):
    exported(command, laboratory, laboratory.finished, tmp_path / "w.pt")
    state = torch.load(tmp_path / "w.pt", weights_only=True)
    assert type(state) is dict
    weights = load_weights(laboratory.root / laboratory.finished)
    assert {name: value.tolist() for name, value in state.items()} == {
        name: value.tolist() for name, value in weights.items()
    }


def test_people_are_told_what_was_made(command, laboratory, tmp_path):
    weights = load_weights(laboratory.root / laboratory.finished)
    path = tmp_path / "odd.safetensors"
    safetensors.torch.save_file({f"t{n}": torch.from_numpy(v.copy()) for n, v in enumerate(weights.values())}, path)
    answer = imported(command, path, laboratory, "--name", "Brought along")
    assert answer.code == 0 and answer.err == ""
    first, *rest = answer.out.splitlines()
    assert "Brought along" in first and "% of the test images" in first and "already" not in first
    assert len(rest) == len(weights) and any("'t0' was loaded as" in line for line in rest)
    assert "(already imported)" in imported(command, path, laboratory, "--name", "Brought along").out
    listing = command("runs", *laboratory.folders).out
    assert "Brought along" in listing and first.split()[0] in listing


def test_an_imported_run_among_the_others(command, laboratory, tmp_path, no_worker):
    path = tmp_path / "w.pt"
    exported(command, laboratory, laboratory.finished, path)
    run_id = json.loads(imported(command, path, laboratory, "--json").out)["run_id"]
    for action in ("--resume", "--stop"):
        answer = command("runs", run_id, action, "--json", *laboratory.folders)
        assert answer.code == 0 and json.loads(answer.out)["runs"][0]["status"] == "finished"
    assert command("runs", run_id, "--delete", *laboratory.folders).code == 0
    assert run_id not in laboratory.store.run_ids()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--architecture", "vgg"], "vgg"),
        (["--dataset", "nmist"], "nmist"),
        (["--dataset", "cifar10"], "6 x 3 x 5 x 5"),
        (["--architecture", "madry-cnn"], "Choose lenet"),
        (["--name", ""], "name"),
        (["--name", "x" * 200], "name"),
        (["--frobnicate"], "--help"),
    ],
)
def test_what_is_asked_wrongly(command, laboratory, tmp_path, words, said):
    path = tmp_path / "w.pt"
    exported(command, laboratory, laboratory.finished, path)
    before = laboratory.store.run_ids()
    answer = imported(command, path, laboratory, *words)
    assert answer.code == 2 and answer.out == "" and answer.err.count("\n") == 1 and said in answer.err, answer
    assert laboratory.store.run_ids() == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.pt", None, "no such file"),
        ("folder.pt", "folder", "a folder"),
        ("empty.pt", b"", "empty"),
        ("text.pt", b"text", "torch.save"),
        ("text.safetensors", b"text", "damaged"),
        ("weights.h5", b"text", "ending in"),
    ],
)
def test_files_that_are_none(command, laboratory, tmp_path, name, content, said):
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    answer = imported(command, path, laboratory)
    assert answer.code == 2 and answer.err.count("\n") == 1 and said in answer.err and name in answer.err


@pytest.mark.parametrize("left_out", ["--architecture", "--dataset"])
def test_what_must_be_said(command, laboratory, tmp_path, left_out):
    words = {"--architecture": "lenet", "--dataset": "mnist-mini"}
    del words[left_out]
    answer = command("import", tmp_path / "w.pt", *[word for pair in words.items() for word in pair])
    assert answer.code == 2 and left_out in answer.err
