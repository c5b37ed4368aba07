"""A run as it stands becomes a run of its own: the same weights, the same again, and nothing of the run is changed."""

import os
import shutil

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.documents import read_json, write_json
from engine.errors import InputError
from engine.exchange import freeze as freezing
from engine.exchange.freeze import can_freeze, freeze_run
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.fuzziness import fuzziness
from engine.minmax.objective import ObjectiveConfig
from engine.queue.deletion import delete_runs
from engine.queue.job import Place
from engine.queue.overview import list_runs
from engine.queue.submission import retry_run, submit_measurement
from engine.runs.config import RunConfig
from engine.runs.experiment import train_runs
from engine.runs.model_config import ImportedConfig
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import MODEL, RESULT, load_weights
from engine.training.checkpoint_file import LAST, NEXT, PREVIOUS, read_checkpoints, write_checkpoint
from tests.small_runs import HERE

MIN_MAX = ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03)
BATCH, SNAPSHOTS = 25, 5
"""Of 250 images: ten steps an epoch, a snapshot every second one."""


@pytest.fixture
def advance(store, few_images):
    """(run_id, steps) -> train it on by so many, or to the end."""

    def do(run_id: str, steps: int | None = None) -> None:
        asked = iter(range(10**9))
        interrupted = (lambda: False) if steps is None else (lambda: next(asked) >= steps)
        list(train_runs(store, [run_id], few_images, "cpu", interrupted))

    return do


@pytest.fixture
def config(tiny) -> RunConfig:
    return tiny({"epochs": 2, "batch_size": BATCH, "snapshots_per_epoch": SNAPSHOTS}, objective=MIN_MAX)


@pytest.fixture
def unfinished(store, config, advance) -> str:
    """A Min-Max run interrupted after 7 of 20 steps, at epoch 0.7."""
    store.create(config)
    advance(config.run_id, 7)
    return config.run_id


def content_of(folder) -> dict:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def stored_weights(folder) -> dict[str, np.ndarray]:
    arrays = next(read_checkpoints(folder)).arrays
    return {name.removeprefix("weights/"): value for name, value in arrays.items() if name.startswith("weights/")}


def test_the_copy_has_the_weights_of_the_moment_and_the_run_is_left_alone(store, queue, unfinished):
    before = content_of(store.folder(unfinished))
    frozen = freeze_run(store, unfinished)
    assert content_of(store.folder(unfinished)) == before
    assert sorted(store.run_ids()) == sorted([unfinished, frozen]) == sorted(os.listdir(store.root))
    expected, found = stored_weights(store.folder(unfinished)), load_weights(store.folder(frozen))
    assert expected.keys() == found.keys() and len(found) == 10
    assert all(np.array_equal(expected[name], found[name]) for name in expected)

    config, result = store.config(frozen), store.result(frozen)
    assert isinstance(config, ImportedConfig) and config.origin
    assert (config.origin.run_id, config.origin.step, config.origin.epoch) == (unfinished, 7, 0.7)
    assert config.label == "Min-Max λ 0.02 μ 0.03 · seed 0 at epoch 0.70"
    assert (config.variant, config.length) == ("min-max", "frozen")
    assert result["epoch"] == 0.7 and result["clean_accuracy"] is None
    assert result["conv1_fuzziness"] == pytest.approx(float(fuzziness(expected["conv1.weight"].ravel())))
    overviews, problems = list_runs(store, queue)
    assert problems == [] and {run.run_id: run.status for run in overviews}[frozen] == "finished"


def test_it_keeps_the_records_up_to_the_moment(store, unfinished, advance):
    frozen = freeze_run(store, unfinished)
    advance(unfinished)
    whole, kept = read_metrics(store.folder(unfinished)), read_metrics(store.folder(frozen))
    assert [record["step"] for record in kept] == [0, 2, 4, 6] and len(whole) == 11
    assert [record | {"seconds": 0} for record in kept] == [record | {"seconds": 0} for record in whole[:4]]
    for layer in ("conv1", "conv2"):
        rows = read_conv_weights(store.folder(frozen), layer)
        assert np.array_equal(rows, read_conv_weights(store.folder(unfinished), layer)[:4])


def test_the_same_moment_is_the_same_run_and_another_one_another(store, unfinished, advance):
    first = freeze_run(store, unfinished)
    before = content_of(store.folder(first))
    assert freeze_run(store, unfinished) == first and content_of(store.folder(first)) == before
    advance(unfinished, 5)
    second = freeze_run(store, unfinished)
    assert second != first and store.config(second).label.endswith("at epoch 1.20")
    assert content_of(store.folder(first)) == before


def test_it_trains_on_to_the_bits_it_would_have_had(store, unfinished, config, advance, few_images):
    freeze_run(store, unfinished)
    advance(unfinished)
    found = load_weights(store.folder(unfinished))
    store.delete(unfinished)
    store.create(config)
    advance(config.run_id)
    expected = load_weights(store.folder(config.run_id))
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_a_frozen_run_is_measured_like_any_other(store, queue, unfinished, few_images):
    frozen = freeze_run(store, unfinished)
    request = EvaluationRequest(attacks=("fgsm",), samples=10, threat=ThreatModel())
    submit_measurement(store, queue, frozen, request, Place(few_images))
    report = evaluate_run(store, frozen, request, few_images, "cpu")
    assert report.n == 10 and len(store.report_paths(frozen)) == 1 and not store.report_paths(unfinished)
    retry_run(store, queue, frozen, HERE)
    assert [job.kind for job in queue.jobs()] == ["evaluate"], "it has nothing to be trained to"
    delete_runs(store, queue, [frozen])
    assert store.run_ids() == [unfinished]


def test_a_finished_run_stands_for_itself(store, unfinished, advance):
    advance(unfinished)
    assert freeze_run(store, unfinished) == unfinished and not can_freeze(store, unfinished)
    assert store.run_ids() == [unfinished]


def test_a_run_that_finishes_while_it_is_looked_at_stands_for_itself(store, unfinished, advance, monkeypatch):
    def too_late(folder):
        advance(unfinished)
        return read_checkpoints(folder)

    monkeypatch.setattr(freezing, "read_checkpoints", too_late)
    assert freeze_run(store, unfinished) == unfinished
    assert store.run_ids() == [unfinished]


@pytest.mark.parametrize("standing", ["none yet", "damaged", "no such run"])
def test_without_a_checkpoint_it_is_refused_in_a_sentence(store, config, unfinished, standing):
    folder = store.folder(unfinished)
    if standing == "no such run":
        shutil.rmtree(folder)
    for name in (LAST, NEXT, PREVIOUS) if standing == "none yet" else ():
        (folder / name).unlink(missing_ok=True)
    if standing == "damaged":
        (folder / PREVIOUS).unlink(missing_ok=True)
        (folder / LAST).write_bytes((folder / LAST).read_bytes()[:-1])
    with pytest.raises(
        InputError, match="id of a run" if standing == "no such run" else "complete checkpoint"
    ) as caught:
        freeze_run(store, unfinished)
    assert "\n" not in str(caught.value) and can_freeze(store, unfinished) == (standing == "damaged")
    assert not [name for name in os.listdir(store.root) if name != unfinished]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_left_are_refused(store, unfinished, value):
    folder = store.folder(unfinished)
    stored = next(read_checkpoints(folder))
    broken = stored.arrays["weights/fc2.bias"].copy()
    broken[3] = value
    write_checkpoint(folder, stored.position, stored.arrays | {"weights/fc2.bias": broken})
    with pytest.raises(InputError, match="finite weights .* diverged"):
        freeze_run(store, unfinished)
    assert store.run_ids() == [unfinished]


def test_a_moment_of_the_optimizer_that_left_does_no_harm(store, unfinished):
    folder = store.folder(unfinished)
    stored = next(read_checkpoints(folder))
    name = next(name for name in stored.arrays if name.startswith("exp_avg_sq/"))
    write_checkpoint(folder, stored.position, stored.arrays | {name: np.full_like(stored.arrays[name], np.inf)})
    assert freeze_run(store, unfinished) in store.run_ids()


@pytest.mark.parametrize("moment", range(3))
def test_a_checkpoint_that_is_replaced_meanwhile_is_found(store, unfinished, monkeypatch, moment):
    """Saving writes the next, renames the last to previous and the next to last: frozen before each, one is found."""
    folder = store.folder(unfinished)
    stored = next(read_checkpoints(folder))
    (folder / PREVIOUS).unlink(missing_ok=True)
    rename, seen = os.replace, []

    def watched(source, target):
        if os.fspath(source).startswith(str(folder)):  # not those that freezing itself makes
            seen.append(None)
            if len(seen) == moment + 1:
                seen[moment] = freeze_run(store, unfinished)
        rename(source, target)

    monkeypatch.setattr(os, "replace", watched)
    write_checkpoint(folder, stored.position, stored.arrays)
    assert len(seen) == 3 and seen[moment] in store.run_ids()


@pytest.mark.parametrize("damage", [MODEL, RESULT, "config.json"])
def test_a_damaged_copy_is_made_anew(store, unfinished, damage):
    frozen = freeze_run(store, unfinished)
    before = load_weights(store.folder(frozen))
    (store.root / frozen / damage).write_bytes(b"{}")
    assert freeze_run(store, unfinished) == frozen
    after = load_weights(store.folder(frozen))
    assert all(np.array_equal(before[name], after[name]) for name in before) and store.result(frozen)


def test_cut_short_it_leaves_nothing(store, unfinished, monkeypatch):
    def cut(*words, **options):
        raise KeyboardInterrupt

    for step in ("save_model", "write_json", "place_folder"):
        with monkeypatch.context() as patched:
            patched.setattr(freezing, step, cut)
            with pytest.raises(KeyboardInterrupt):
                freeze_run(store, unfinished)
        assert os.listdir(store.root) == [unfinished]


def test_another_process_may_be_faster(store, unfinished, monkeypatch):
    record, others = freezing._record, []

    def slow(*words):
        record(*words)
        if not others:
            others.append(None)
            others[0] = freeze_run(store, unfinished)
            (store.root / others[0] / "note").write_text("theirs")

    monkeypatch.setattr(freezing, "_record", slow)
    assert freeze_run(store, unfinished) == others[0]
    assert (store.root / others[0] / "note").exists(), "the first one stays"
    assert sorted(os.listdir(store.root)) == sorted([unfinished, others[0]])


def test_files_of_earlier_imports_are_read_and_keep_their_ids(store):
    config = ImportedConfig(name="Theirs", weights="0" * 32)
    assert config.run_id == "mnist-mini-imported-5a5d7dfa1f"
    path = store.create(config) / "config.json"
    document = read_json(path) or {}
    del document["imported"]["origin"]
    write_json(path, document)
    assert store.config(config.run_id) == config and config.variant == "custom" and config.length == "imported"


def test_a_long_label_is_cut_not_refused(store, config, advance):
    long = config.model_copy(update={
        "seed": 2**31 - 1, "adversarial_training": True, "architecture": "advertorch-lenet5",
        "objective": ObjectiveConfig(l1_strength=0.0123456, l2_strength=-0.0123456, scope="all"),
    })  # fmt: skip
    assert len(long.label) > 60
    store.create(long)
    advance(long.run_id, 2)
    label = store.config(freeze_run(store, long.run_id)).label
    assert 78 <= len(label) <= 80 and label.startswith("Custom λ 0.0123") and label.endswith(" at epoch 0.20")
