"""`label`, and what `runs` makes of it: names, filters, differences and logs."""

import json

import pytest


def test_a_label_is_printed_and_found(command, laboratory):
    named = command(
        "label", laboratory.finished, "--name", "the \x1b[31mbest", "--note", "a\nb", "--tag", "paper", "--pin",
        *laboratory.folders[:2],
    )  # fmt: skip
    assert named.code == 0 and "the [31mbest  #paper (pinned)" in named.out and "\n  a\n  b\n" in named.out
    lines = command("runs", *laboratory.folders).out.splitlines()
    assert len(lines) == 3 and lines[0].startswith(laboratory.finished) and lines[0].endswith("#paper (pinned)")
    found = json.loads(command("runs", "--where", "tag = paper seed = 0", "--json", *laboratory.folders).out)["runs"]
    assert [(run["run_id"], run["labels"]["pinned"]) for run in found] == [(laboratory.finished, True)]
    command("label", laboratory.finished, "--unpin", "--untag", "paper", "--name", "", *laboratory.folders[:2])
    assert "paper" not in command("runs", *laboratory.folders).out


def test_archived_runs_are_listed_on_request(command, laboratory):
    command("label", laboratory.stopped, laboratory.queued, "--archive", *laboratory.folders[:2])
    assert len(command("runs", *laboratory.folders).out.splitlines()) == 1
    assert len(command("runs", "--archived", *laboratory.folders).out.splitlines()) == 3
    assert len(command("runs", "--where", "archived = yes", *laboratory.folders).out.splitlines()) == 2
    command("label", laboratory.finished, "--archive", *laboratory.folders[:2])
    assert "--archived" in command("runs", *laboratory.folders).out


def test_difference_and_log(command, laboratory):
    told = command("runs", laboratory.finished, laboratory.stopped, "--diff", *laboratory.folders)
    assert told.code == 0 and told.out.split() == ["seed", "0", "1"]
    told = command("runs", laboratory.stopped, "--log", *laboratory.folders)
    events = [line.split("  ")[-1].split(" by ")[0] for line in told.out.splitlines()[1:]]
    assert events == ["created", "training queued", "training started", "training stopped"]
    (laboratory.root / "worker.log").write_text(f"other\nTraceback of {laboratory.stopped}\n")
    told = json.loads(command("runs", laboratory.stopped, "--log", "--json", *laboratory.folders).out)
    assert told["logs"][laboratory.stopped][-1] == f"Traceback of {laboratory.stopped}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["label", "mnist-mini-std-0000000000", "--name", "x"], "the id of a run"),
        (["label", "FINISHED", "STOPPED", "--name", "x"], "one run for --name"),
        (["label", "FINISHED", "--tag", "x" * 99], "Choose another text"),
        (["runs", "FINISHED", "--diff"], "two runs to compare"),
        (["runs", "--where", "colour = red"], "a field, one of"),
    ],
)
def test_bad_input_changes_nothing(command, laboratory, words, expected):
    ids = {"FINISHED": laboratory.finished, "STOPPED": laboratory.stopped}
    answer = command(*(ids.get(word, word) for word in words), *laboratory.folders[:2])
    assert answer.code == 2 and expected in answer.err
    assert not list(laboratory.root.rglob("labels.json"))
