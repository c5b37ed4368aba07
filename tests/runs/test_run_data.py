"""A run is trained on the data it is named after, and goes on with those it started with."""

import pytest

from engine.data.catalog import DatasetSpec
from engine.data.identity import data_identity
from engine.data.sources import load_dataset
from engine.errors import DamagedFile, InputError
from engine.measurements.inspection import run_problems
from engine.queue.job import Place
from engine.queue.submission import retry_run, submit_runs
from engine.runs.experiment import train_runs
from engine.runs.records import METRICS, read_metrics
from engine.runs.run_data import check_training_data, data_relation, recorded_data
from engine.runs.run_files import ENVIRONMENT, RESULT, read_json, write_json
from engine.training.checkpoint_file import LAST, PREVIOUS

PARTS = ("x_train", "y_train", "x_test", "y_test")


def train(store, config, data_dir, steps=None):
    """Train at most so many steps, and return the folder."""
    folder, asked = store.create(config), iter(range(10**9))
    interrupted = (lambda: False) if steps is None else (lambda: next(asked) >= steps)
    for _ in train_runs(store, [config.run_id], data_dir, "cpu", interrupted):
        pass
    return folder


def forget_test_data(folder):
    """As an earlier version recorded its sessions."""
    sessions = read_json(folder / ENVIRONMENT)["sessions"]
    kept = [{name: value for name, value in one.items() if name != "test_data"} for one in sessions]
    write_json(folder / ENVIRONMENT, {"sessions": kept})


@pytest.mark.parametrize("part", PARTS)
def test_a_run_is_not_trained_on_data_that_it_is_not_named_after(store, few_images, other_images, tiny, part):
    data_dir = other_images(part)
    named = tiny(data_digest=data_identity("mnist-mini", data_dir))
    for config, wrong in ((tiny(), data_dir), (named, few_images)):
        with pytest.raises(InputError, match="listed images of MNIST mini.*launch the run again"):
            train(store, config, wrong)
        assert {path.name for path in store.folder(config.run_id).iterdir()} == {"config.json"}, "before it trains"
    assert named.run_id != tiny().run_id
    folder = train(store, named, data_dir)
    assert store.result(folder.name)["status"] == "finished"


def test_such_a_run_is_not_queued(store, queue, few_images, other_images, tiny):
    place = Place(other_images("x_test"))
    with pytest.raises(InputError, match="listed images of MNIST mini"):
        submit_runs(store, queue, [tiny(), tiny(seed=1)], place)
    assert store.run_ids() == [] and queue.jobs() == []
    named = tiny(data_digest=data_identity("mnist-mini", place.data_dir))
    assert submit_runs(store, queue, [named], place) == [named.run_id]
    with pytest.raises(InputError, match="images with the digest"):
        retry_run(store, queue, named.run_id, Place(few_images))


def test_sessions_record_both_parts(store, few_images, tiny):
    folder, dataset = train(store, tiny(), few_images), load_dataset("mnist-mini", few_images)
    (session,) = read_json(folder / ENVIRONMENT)["sessions"]
    assert (session["data"], session["test_data"]) == (dataset.digest, dataset.test_digest)


@pytest.mark.parametrize("part", ["y_train", "x_test"])
def test_a_run_goes_on_with_the_data_it_started_with(store, few_images, other_images, tiny, part):
    folder = train(store, tiny(), few_images, steps=2)
    kept = read_metrics(folder)
    with pytest.raises(InputError, match="started with .* other images"):
        train(store, tiny(), other_images(part))
    assert len(read_json(folder / ENVIRONMENT)["sessions"]) == 1 and read_metrics(folder) == kept
    train(store, tiny(), few_images)
    assert store.result(folder.name)["bit_exact"] is True


def test_a_run_of_an_earlier_version_goes_on_with_data_that_are_not_listed(store, other_images, tiny):
    """Its id has no data digest, and its sessions no test digest."""
    data_dir = other_images("y_train")
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(DatasetSpec, "is_listed", lambda spec, found: True)
        folder = train(store, tiny(), data_dir, steps=2)
    forget_test_data(folder)
    train(store, tiny(), data_dir)
    first, second = read_json(folder / ENVIRONMENT)["sessions"]
    assert "test_data" not in first and second["test_data"] == load_dataset("mnist-mini", data_dir).test_digest
    assert store.result(folder.name)["bit_exact"] is True, "what was not recorded does not differ"


@pytest.mark.parametrize("kept", ["checkpoint", "records"])
def test_a_missing_environment_is_damage_once_a_run_has_started(store, queue, few_images, tiny, kept):
    folder = train(store, tiny(), few_images, steps=2)
    (folder / ENVIRONMENT).unlink()
    for name in (METRICS,) if kept == "checkpoint" else (LAST, PREVIOUS):
        (folder / name).unlink(missing_ok=True)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(DamagedFile, match="environment.json.*although the run has started"):
        train(store, tiny(), few_images)
    with pytest.raises(DamagedFile, match="although the run has started"):
        retry_run(store, queue, folder.name, Place(few_images))
    assert queue.jobs() == [], "it is refused before it is queued"
    assert any("although the run has started" in problem for problem in run_problems(store, folder.name))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"sessions": {}}', '{"sessions": [1]}', '{"sessions": [{}]}']
)
def test_a_damaged_environment_stops_the_run(store, few_images, tiny, content):
    folder = train(store, tiny(), few_images, steps=2)
    (folder / ENVIRONMENT).write_text(content)
    with pytest.raises(DamagedFile, match="environment.json"):
        train(store, tiny(), few_images)
    assert (folder / ENVIRONMENT).read_text() == content and not (folder / RESULT).exists()


def test_relation_of_data_to_a_run(store, few_images, other_images, tiny):
    own = load_dataset("mnist-mini", few_images).contents
    others = {part: load_dataset("mnist-mini", other_images(part)).contents for part in PARTS}
    config = tiny()
    folder = store.create(config)
    assert data_relation(folder, config, own) == "same", "named after these"
    assert {data_relation(folder, config, found) for found in others.values()} == {"other"}
    train(store, config, few_images)
    assert recorded_data(folder).test == own.test and data_relation(folder, config, own) == "same"
    relations = {part: data_relation(folder, config, found) for part, found in others.items()}
    assert relations == {"x_train": "same", "y_train": "same", "x_test": "other", "y_test": "other"}
    forget_test_data(folder)
    relations = {part: data_relation(folder, config, found) for part, found in {**others, "none": own}.items()}
    assert relations == {
        "x_train": "other", "y_train": "other", "x_test": "unknown", "y_test": "unknown", "none": "unknown",
    }  # fmt: skip


def test_runs_without_listed_or_recorded_data_are_free(store, few_images, tiny):
    """Queued by an earlier version, which gave runs on Fashion-MNIST no data digest."""
    config = tiny(dataset="fashion-mnist")
    check_training_data(store.create(config), config, load_dataset("mnist-mini", few_images).contents)
