"""Weights from elsewhere as a run: whole or not there, and good for everything a finished run is good for."""

import fcntl
import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import safetensors.torch
import torch

from engine.attacks.threat import ThreatModel
from engine.data.sources import load_dataset
from engine.errors import InputError
from engine.exchange import import_weights as importing
from engine.exchange.import_weights import import_weights
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.queue.deletion import delete_runs
from engine.queue.overview import list_runs, read_overview
from engine.queue.submission import retry_run
from engine.runs.experiment import train_runs
from engine.runs.load_network import load_network
from engine.runs.model_config import ImportedConfig
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import MODEL, RESULT, evaluation_path, load_weights
from engine.runs.store import RunStore
from engine.runs.trash import TRASH
from engine.validation import validated
from tests.small_runs import HERE


def model_of(architecture: str = "lenet", seed: int = 3) -> torch.nn.Module:
    return build_model(architecture, seed, (1, 28, 28), 10, (0.1307,), (0.3081,))


@pytest.fixture
def bring(store, few_images, tmp_path):
    """(weights, **changes of the call) -> what import_weights says."""

    def do(weights: dict[str, torch.Tensor], suffix: str = ".pt", **changes):
        path = tmp_path / f"brought{suffix}"
        if suffix == ".pt":
            torch.save(weights, path)
        else:
            safetensors.torch.save_file(weights, path)
        call = {"architecture": "lenet", "dataset": "mnist-mini", "name": "Theirs", "data_dir": few_images} | changes
        return import_weights(store, path, **call)

    return do


def content_of(folder) -> dict:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("architecture", ["lenet", "advertorch-lenet5", "madry-cnn"])
def test_a_run_is_made_of_them(store, queue, bring, few_images, architecture):
    model = model_of(architecture)
    done = bring(model.state_dict(), architecture=architecture)
    assert done.is_new and done.renamed == {} and store.run_ids() == [done.run_id]
    folder = store.folder(done.run_id)
    for name, value in load_weights(folder).items():
        assert np.array_equal(value, model.state_dict()[name].numpy()), name

    images = load_dataset("mnist-mini", few_images)
    pixels = torch.from_numpy(images.test_images).float() / 255
    accuracy = float((model(pixels).argmax(1).numpy() == images.test_labels).mean())
    (record,) = read_metrics(folder)
    assert record["clean_accuracy"] == pytest.approx(accuracy), "all 100 test images are monitored"
    assert (record["epoch"], record["loss"], record["penalty"]) == (0.0, None, 0.0)
    assert 0.0 <= record["robust_accuracy"] <= 1.0
    for layer in ("conv1", "conv2"):
        (row,) = read_conv_weights(folder, layer)
        assert np.array_equal(row, model.get_parameter(f"{layer}.weight").detach().numpy().ravel())

    (overview,), problems = list_runs(store, queue)
    document = overview.document()
    assert problems == [] and overview.status == "finished" and overview.config.label == "Theirs"
    assert (document["clean_accuracy"], document["clean_accuracy_samples"]) == (pytest.approx(accuracy), 100)
    assert document["probed_robust_accuracy"] == record["robust_accuracy"]
    assert document["conv1_fuzziness"] == record["fuzziness"]["conv1"]


def test_a_probe_of_our_own_run_is_the_same(store, tiny, bring, few_images):
    """The light probe means the same for brought weights as for those trained here."""
    config = tiny(probe={"samples": 64, "steps": 10})
    folder = store.create(config)
    list(train_runs(store, [config.run_id], few_images, "cpu"))
    weights = {name: torch.from_numpy(value.copy()) for name, value in load_weights(folder).items()}
    done = bring(weights, ".safetensors")
    again, last = store.result(done.run_id), store.result(config.run_id)
    assert again["clean_accuracy"] == last["clean_accuracy"]
    assert again["conv1_fuzziness"] == last["conv1_fuzziness"]
    usual = tiny(probe={"samples": 256})
    stack = Stack.of([load_network(store, config.run_id, "cpu")])
    probe = importing.build_probe(usual, load_dataset("mnist-mini", few_images), "cpu")
    assert again["probed_robust_accuracy"] == probe(stack)[0]


def test_the_same_again_changes_nothing(store, bring):
    first = bring(model_of().state_dict())
    before = content_of(store.root)
    for suffix in (".pt", ".safetensors"):
        again = bring(model_of().state_dict(), suffix, name="  Theirs\n")
        assert (again.run_id, again.is_new) == (first.run_id, False)
    assert content_of(store.root) == before
    others = {bring(model_of().state_dict(), name="Other").run_id, bring(model_of(seed=4).state_dict()).run_id}
    assert len({first.run_id, *others}) == 3


def test_other_names_are_told(bring):
    state = model_of().state_dict()
    done = bring({f"features.{place}": value for place, value in enumerate(state.values())})
    assert done.renamed == {f"features.{place}": name for place, name in enumerate(state)}


def test_an_import_that_is_cut_short_leaves_nothing(store, queue, bring, monkeypatch):
    steps = ["save_model", "write_result"]
    for step in steps:
        with monkeypatch.context() as patched:

            def cut(*_, **__):
                raise KeyboardInterrupt

            patched.setattr(importing, step, cut)
            with pytest.raises(KeyboardInterrupt):
                bring(model_of().state_dict())
        assert list_runs(store, queue) == ([], []) and os.listdir(store.root) == []
    assert bring(model_of().state_dict()).is_new


@pytest.mark.parametrize("damage", [MODEL, RESULT, "config.json"])
def test_a_damaged_run_is_replaced(store, bring, damage):
    done = bring(model_of().state_dict())
    before = load_weights(store.folder(done.run_id))
    (store.root / done.run_id / damage).write_bytes(b"{}")
    again = bring(model_of().state_dict())
    assert again.is_new and again.run_id == done.run_id and store.result(done.run_id)
    assert load_weights(store.folder(done.run_id)).keys() == before.keys()
    assert not bring(model_of().state_dict()).is_new


@pytest.mark.parametrize("damage", [None, MODEL])
def test_a_run_that_came_meanwhile_stays_with_its_evaluations(store, bring, monkeypatch, damage):
    """Another import ends, and its run is attacked, while this one still looks at the weights."""
    if damage:
        (store.folder(bring(model_of().state_dict()).run_id) / damage).write_bytes(b"{}")
    record, others = importing._record, []

    def slow(*words):
        folder = record(*words)
        if not others:
            others.append(None)
            others[0] = bring(model_of().state_dict())
            path = evaluation_path(store.folder(others[0].run_id), "0123456789")
            path.parent.mkdir()
            path.write_text("{}")
        return folder

    monkeypatch.setattr(importing, "_record", slow)
    done = bring(model_of().state_dict())
    assert (others[0].is_new, done.is_new) == (True, False)
    assert [path.stem for path in store.report_paths(done.run_id)] == ["0123456789"]
    kept = [entry.run_id for entry in store.trash.entries()]
    assert kept == ([done.run_id] if damage else []), "a damaged run is set aside, not destroyed"
    assert set(os.listdir(store.root)) == {done.run_id, *([TRASH] if damage else [])}


def test_one_of_many_at_once_is_new(store, few_images, tmp_path):
    torch.save(model_of().state_dict(), tmp_path / "theirs.pt")
    words = (store, tmp_path / "theirs.pt", "lenet", "mnist-mini", "Theirs", few_images)
    with ThreadPoolExecutor(4) as pool:
        done = [one.result() for one in [pool.submit(import_weights, *words) for _ in range(4)]]
    assert sorted(one.is_new for one in done) == [False, False, False, True]
    assert os.listdir(store.root) == [done[0].run_id] and store.result(done[0].run_id)


def test_one_import_at_a_time_takes_its_place(store, bring, monkeypatch):
    rename, refused = os.rename, []

    def watched(source, target):
        with pytest.raises(BlockingIOError) as caught:
            descriptor = os.open(store.root, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                os.close(descriptor)
        refused.append(caught.value)
        rename(source, target)

    monkeypatch.setattr(os, "rename", watched)
    assert bring(model_of().state_dict()).is_new and len(refused) == 1


def test_a_full_disk_is_told(store, bring, monkeypatch):
    def broken(source, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "rename", broken)
    with pytest.raises(OSError, match="No space"):
        bring(model_of().state_dict())
    assert os.listdir(store.root) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "nmist"}, "nmist"),
        ({"architecture": "vgg"}, "vgg"),
        ({"dataset": "cifar10", "architecture": "madry-cnn"}, "3 x 32 x 32"),
        ({"architecture": "madry-cnn"}, "Choose lenet"),
        ({"name": ""}, "name"),
        ({"name": " \n\u202e"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"dataset": "fashion-mnist", "data_dir": None}, "fashion-mnist"),
    ],
    ids=str,
)
def test_what_cannot_be_imported_leaves_the_store_alone(store, bring, tmp_path, changes, words):
    if "data_dir" in changes:
        changes = changes | {"data_dir": tmp_path}
        (tmp_path / "fashion-mnist.npz").write_bytes(b"no npz")
    with pytest.raises(InputError, match=words) as caught:
        bring(model_of().state_dict(), **changes)
    assert "\n" not in str(caught.value) and os.listdir(store.root) == []


def test_names_are_kept_as_typed_on_one_line():
    def name(text):
        return ImportedConfig(name=text, weights="0" * 8).label

    assert name("  Madry\t et al.\n(nat) 2_000 ") == "Madry et al. (nat) 2_000"
    assert name("![x](http://a/b.png) <b>$x$</b> `c` \x1b[0m\u202eend") == "![x](http://a/b.png) <b>$x$</b> `c` [0mend"
    with pytest.raises(InputError, match="name to be"):
        validated(ImportedConfig, name=7, weights="0" * 8)
    assert len({ImportedConfig(name=text, weights="0" * 8).run_id for text in ("a b", " a  b\n")}) == 1


def test_attacks_work_on_it(store, bring, few_images):
    done = bring(model_of("madry-cnn").state_dict(), architecture="madry-cnn")
    request = EvaluationRequest(attacks=("fgsm",), samples=10, threat=ThreatModel())
    report = evaluate_run(store, done.run_id, request, few_images, "cpu")
    assert report.n == 10 and report.robust_accuracy <= report.clean_accuracy
    assert len(store.report_paths(done.run_id)) == 1


def test_it_cannot_be_trained_on(store, queue, bring, few_images):
    done = bring(model_of().state_dict())
    retry_run(store, queue, done.run_id, HERE)
    assert queue.jobs() == [], "it is finished"
    (store.root / done.run_id / RESULT).unlink()
    with pytest.raises(InputError, match="which was imported"):
        list(train_runs(store, [done.run_id], few_images, "cpu"))
    assert read_overview(store, done.run_id, None).status == "interrupted"
    delete_runs(store, queue, [done.run_id])
    assert store.run_ids() == []


def test_the_config_says_what_it_is(store, bring):
    done = bring(model_of().state_dict())
    document = json.loads((store.root / done.run_id / "config.json").read_text())
    assert document["imported"]["name"] == "Theirs" and "config" not in document
    copied = RunStore(store.root.parent / "copied")
    copied.prepare()
    os.rename(store.root / done.run_id, copied.root / done.run_id)
    assert copied.config(done.run_id).label == "Theirs"
