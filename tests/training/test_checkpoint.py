"""Checkpoints: bitwise restoration, detection of damage, and resumption after interruptions."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.minmax.objective import ObjectiveConfig
from engine.training import checkpoint as checkpoints
from engine.training.checkpoint import load_checkpoint, restore, save_checkpoint
from engine.training.checkpoint_file import LAST, PREVIOUS, remove_checkpoints
from engine.training.loop import train
from engine.training.schedule import TrainingConfig
from engine.training.state import member_arrays

TRAINING = TrainingConfig(epochs=3, batch_size=32, snapshots_per_epoch=3)
OBJECTIVES = [ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03), ObjectiveConfig()]
SEEDS = [0, 1]
STEPS = 24


def advance(state, dataset, steps: int, **options) -> list:
    """Continue training for this number of steps."""
    end = state.step + steps
    interrupted = lambda: state.step >= end  # noqa: E731
    return list(train(state, dataset, OBJECTIVES, TRAINING, SEEDS, interrupted=interrupted, **options))


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    """Checkpoints of all members, one each."""
    made = [tmp_path / str(member) for member in range(len(SEEDS))]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture(scope="module")
def moments(digits, fresh) -> list:
    """States after 0, 5 and 7 steps, each with the state three steps later."""
    found = []
    for steps in (0, 5, 7):
        state = fresh(SEEDS, TRAINING)
        advance(state, digits, steps)
        found.append(state)
    return found


@pytest.fixture
def saved(folders, moments) -> Path:
    """A folder with the checkpoints after 5 and after 7 steps of member 0."""
    for state in moments[1:]:
        save_checkpoint(folders[0], state, 0)
    return folders[0]


def assert_stands_at(folder: Path, state, member: int = 0) -> None:
    found = load_checkpoint(folder)
    assert found is not None and found.position.step == state.step
    expected = member_arrays(state, member)
    assert found.arrays.keys() == expected.keys()
    assert all(torch.equal(found.arrays[name], expected[name]) for name in expected)


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_round_trip_is_bitwise(moments, folders, digits, fresh, moment):
    """Weights, Adam's moments and step count, position and running sums of every member."""
    state = moments[moment]
    for member, folder in enumerate(folders):
        save_checkpoint(folder, state, member)
    again = fresh([8, 9], TRAINING)
    restore(again, [load_checkpoint(folder) for folder in folders])
    for member in range(2):
        expected, found = member_arrays(state, member), member_arrays(again, member)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert len(member_arrays(again, 0)) == (10 if moment == 0 else 40)
    assert (again.step, again.snapshots, again.loss_count) == (state.step, state.snapshots, state.loss_count)
    assert again.loss_sums.tolist() == state.loss_sums.tolist()
    assert again.seconds == state.seconds


def test_saving_and_loading_change_nothing(moments, folders):
    before = [value.clone() for value in moments[1].stack.parameters()]
    save_checkpoint(folders[0], moments[1], 0)
    load_checkpoint(folders[0])
    assert all(torch.equal(one, two) for one, two in zip(before, moments[1].stack.parameters(), strict=True))


def test_members_at_different_steps_are_refused(moments, folders, fresh):
    save_checkpoint(folders[0], moments[1], 0)
    save_checkpoint(folders[1], moments[2], 1)
    with pytest.raises(ValueError, match="same step"):
        restore(fresh(SEEDS, TRAINING), [load_checkpoint(folder) for folder in folders])


def test_the_newest_is_taken_and_the_one_before_kept(saved, moments):
    assert_stands_at(saved, moments[2])
    (saved / LAST).unlink()
    assert_stands_at(saved, moments[1])
    remove_checkpoints(saved)
    assert not any(saved.iterdir()) and load_checkpoint(saved) is None


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_checkpoint_falls_back(saved, moments, tenth):
    content = (saved / LAST).read_bytes()
    (saved / LAST).write_bytes(content[: len(content) * tenth // 10])
    assert_stands_at(saved, moments[1])


def flip(path: Path, place: int, bit: int = 3) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ (1 << bit)]))


def test_a_flipped_bit_among_the_numbers_falls_back(saved, moments):
    header = 8 + int.from_bytes((saved / LAST).read_bytes()[:8], "little")
    size = (saved / LAST).stat().st_size
    for place in np.linspace(header, size - 1, 12).astype(int).tolist():
        flip(saved / LAST, place)
        assert_stands_at(saved, moments[1])
        flip(saved / LAST, place)
    assert_stands_at(saved, moments[2])


def test_a_flipped_bit_in_the_header_is_noticed(saved, moments):
    """Flips one bit of every byte of the text with step, sums, names and shapes."""
    content = (saved / LAST).read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    text = content[8:header]
    start = text.index(b"position")
    places = {*range(8 + start, 8 + start + 220, 3), *range(8, header, 97), *range(8)}
    for place in sorted(places & set(range(header))):
        for bit in (0, 1, 3):
            flip(saved / LAST, place, bit)
            found = load_checkpoint(saved)
            assert found is not None
            if found.position.step == moments[2].step:
                assert found.position == original_position(moments[2]), text[max(0, place - 20) : place + 10]
            else:
                assert_stands_at(saved, moments[1])
            flip(saved / LAST, place, bit)


def original_position(state) -> checkpoints.Position:
    return checkpoints.Position(state.step, state.snapshots, float(state.loss_sums[0]), state.loss_count, state.seconds)


def test_two_broken_ones_are_none(saved):
    for name in (LAST, PREVIOUS):
        (saved / name).write_bytes((saved / name).read_bytes()[:-1])
    assert load_checkpoint(saved) is None


@pytest.mark.parametrize("content", [b"", b"text", bytes(100), b"\xff" * 100])
def test_what_is_no_checkpoint(tmp_path, content):
    (tmp_path / LAST).write_bytes(content)
    assert load_checkpoint(tmp_path) is None
    assert (tmp_path / LAST).read_bytes() == content


def test_a_checkpoint_of_another_training_version_is_not_gone_on_from(saved, monkeypatch):
    monkeypatch.setattr(checkpoints, "TRAINING_VERSION", 2)
    assert load_checkpoint(saved) is None


@pytest.mark.parametrize("broken", ["fsync", "replace", "open"])
def test_a_full_disk_while_saving_leaves_a_whole_checkpoint(saved, moments, monkeypatch, broken):
    def no_space(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*((Path, "open") if broken == "open" else (os, broken)), no_space)
        with pytest.raises(OSError):
            save_checkpoint(saved, moments[2], 0)
    assert_stands_at(saved, moments[2])
    assert {path.name for path in saved.iterdir()} <= {LAST, PREVIOUS}


@pytest.mark.parametrize("killed_before", [1, 2])
def test_killed_between_two_renames_leaves_a_whole_checkpoint(saved, moments, monkeypatch, killed_before):
    """Saving renames twice: last to previous, then the new file to last."""
    real, calls = os.replace, []

    def replace(source, target):
        calls.append(target)
        if len(calls) == killed_before:
            raise SystemExit
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(SystemExit):
        save_checkpoint(saved, moments[1], 0)
    assert_stands_at(saved, moments[2])


# interrupted and resumed, bit by bit


def fingerprint(snapshots: list) -> list:
    """All values except the time."""
    records = [{**snapshot.metrics(), "seconds": None, "member": snapshot.member} for snapshot in snapshots]
    return [
        (record, {k: v.tobytes() for k, v in s.conv_weights.items()})
        for record, s in zip(records, snapshots, strict=True)
    ]


@pytest.mark.parametrize("adversarial", [False, True], ids=["clean", "adversarial"])
def test_interrupted_at_random_steps_it_ends_in_the_same_bits(digits, fresh, perturb, folders, adversarial):
    options = {"perturb": perturb} if adversarial else {}
    whole = fresh(SEEDS, TRAINING)
    expected = advance(whole, digits, STEPS, **options)
    rng = np.random.default_rng(7)
    for _ in range(3):
        cuts = sorted(rng.choice(np.arange(1, STEPS), 3, replace=False).tolist())
        state, found = fresh(SEEDS, TRAINING), []
        for start, end in zip([0, *cuts], [*cuts, STEPS], strict=True):
            if start:
                state = fresh(SEEDS, TRAINING)
                restore(state, [load_checkpoint(folder) for folder in folders])
            found += advance(state, digits, end - start, **options)
            for member, folder in enumerate(folders):
                save_checkpoint(folder, state, member)
        assert state.step == STEPS
        for name, value in whole.stack.weights.items():
            assert torch.equal(value, state.stack.weights[name]), (cuts, name)
        assert fingerprint(found) == fingerprint(expected), cuts
        assert np.all(np.diff([s.seconds for s in found if s.member == 0]) > 0), "time goes on where it stopped"


def test_sgd_has_no_moments_and_resumes_too(digits, fresh, folders):
    training = TRAINING.model_copy(update={"optimizer": "sgd", "learning_rate": 0.05})
    whole, first = fresh([0], training), fresh([0], training)
    list(train(whole, digits, OBJECTIVES[:1], training, [0]))
    list(train(first, digits, OBJECTIVES[:1], training, [0], interrupted=lambda: first.step >= 11))
    save_checkpoint(folders[0], first, 0)
    second = fresh([0], training)
    restore(second, [load_checkpoint(folders[0])])
    list(train(second, digits, OBJECTIVES[:1], training, [0]))
    assert all(torch.equal(v, second.stack.weights[n]) for n, v in whole.stack.weights.items())


def test_a_member_alone_goes_on_from_a_stack_of_two(digits, fresh, folders):
    """Checkpoints belong to members, not to stacks."""
    state = fresh(SEEDS, TRAINING)
    advance(state, digits, 10)
    save_checkpoint(folders[1], state, 1)
    advance(state, digits, STEPS - 10)
    alone = fresh([SEEDS[1]], TRAINING)
    restore(alone, [load_checkpoint(folders[1])])
    list(train(alone, digits, [OBJECTIVES[1]], TRAINING, [SEEDS[1]]))
    for name, value in alone.stack.weights.items():
        torch.testing.assert_close(value[0], state.stack.weights[name][1], rtol=1e-4, atol=2e-5)
