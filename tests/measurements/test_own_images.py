"""Images of users: stored once, attacked like test images, and kept apart from results on test images."""

from pathlib import Path

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.data.sources import load_dataset
from engine.errors import InputError
from engine.measurements import own_images
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.own_images import (
    OwnImage,
    load_own_image,
    own_image_results,
    read_own_image_result,
    save_own_image,
)
from engine.runs.experiment import train_runs
from engine.runs.run_files import adversarial_path, own_image_path
from engine.runs.store import RunStore
from tests.small_runs import THREAT

PIXELS = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)


def files_of(store: RunStore) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}


def test_an_image_is_kept_once_and_comes_back(store):
    image_id = save_own_image(store, OwnImage("mnist", PIXELS, 3))
    before = own_image_path(store.root, image_id).stat().st_mtime_ns
    assert save_own_image(store, OwnImage("mnist", PIXELS.copy(), 3)) == image_id
    assert own_image_path(store.root, image_id).stat().st_mtime_ns == before
    found = load_own_image(store, image_id)
    assert (found.dataset, found.label) == ("mnist", 3)
    np.testing.assert_array_equal(found.image, PIXELS)
    assert store.run_ids() == [], "the folder of images is no run"


def test_a_store_keeps_a_bounded_number_of_images(store, monkeypatch):
    monkeypatch.setattr(own_images, "MOST_IMAGES", 3)
    kept = [save_own_image(store, OwnImage("mnist", PIXELS, label)) for label in range(3)]
    with pytest.raises(InputError, match="fewer than 3 images of your own .* Delete files"):
        save_own_image(store, OwnImage("mnist", PIXELS, 3))
    assert save_own_image(store, OwnImage("mnist", PIXELS, 2)) == kept[2], "known ones still work"
    assert len(files_of(store)) == 3


def test_content_label_and_data_set_make_the_id():
    other = PIXELS.copy()
    other[0, 0, 0] ^= 1
    images = [
        OwnImage("mnist", PIXELS, 3),
        OwnImage("mnist", PIXELS, 4),
        OwnImage("mnist-mini", PIXELS, 3),
        OwnImage("mnist", other, 3),
    ]
    assert len({image.image_id for image in images}) == 4
    assert EvaluationRequest(image=images[0].image_id, threat=THREAT).image == images[0].image_id


@pytest.mark.parametrize(
    ("dataset", "image", "label"),
    [
        ("cifar10", PIXELS, 3),
        ("mnist", PIXELS[0], 3),
        ("mnist", PIXELS / 255, 3),
        ("mnist", PIXELS, 10),
        ("mnist", PIXELS, -1),
        ("nmist", PIXELS, 3),
    ],
)
def test_what_does_not_fit_is_refused(dataset, image, label):
    with pytest.raises(InputError):
        OwnImage(dataset, image, label)


@pytest.mark.parametrize("image_id", ["0" * 16, "../../x", "", "*"])
def test_no_such_image(store, image_id):
    with pytest.raises(InputError, match="does not exist"):
        load_own_image(store, image_id)


def test_damaged_and_exchanged_files(store):
    first, second = (save_own_image(store, OwnImage("mnist", PIXELS, label)) for label in (1, 2))
    path = own_image_path(store.root, first)
    path.write_bytes(own_image_path(store.root, second).read_bytes())
    with pytest.raises(InputError, match="different content"):
        load_own_image(store, first)
    for content in (b"", b"text", own_image_path(store.root, second).read_bytes()[:90]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged"):
            load_own_image(store, first)


# attacked


@pytest.fixture
def finished(store, few_images, tiny) -> str:
    config = tiny({"epochs": 2})
    store.create(config)
    for _ in train_runs(store, [config.run_id], few_images, "cpu"):
        pass
    return config.run_id


def test_an_own_image_is_attacked_as_the_same_test_image_is(store, few_images, finished):
    """The first test image as a user's image: equal prediction, and equal pixels under fgsm (no random start)."""
    usual = EvaluationRequest(attacks=("fgsm",), samples=1, threat=THREAT)
    reference = evaluate_run(store, finished, usual, few_images, "cpu")
    data = load_dataset("mnist-mini", few_images)
    (number,) = reference.sample_ids
    own = OwnImage("mnist-mini", data.test_images[number], int(data.test_labels[number]))
    request = EvaluationRequest(attacks=("fgsm",), image=save_own_image(store, own), threat=THREAT)
    reports = store.report_paths(finished)
    report = evaluate_run(store, finished, request, few_images, "cpu")
    assert report.clean_accuracy == reference.clean_accuracy and report.n == 1
    assert report.robust_accuracy_by_attack == reference.robust_accuracy_by_attack
    assert store.report_paths(finished) == reports, "pages that compare protocols see no other"

    found = read_own_image_result(store, finished, request)
    assert found is not None and (found.label, found.report, found.protocol_id) == (
        own.label, report, request.protocol_id,
    )  # fmt: skip
    folder = store.folder(finished)
    for attack in ("none", "fgsm"):
        with np.load(folder / "adversarial" / f"{usual.protocol_id}-{attack}.npz") as expected:
            for name in ("adversarial_images", "predictions", "probabilities"):
                np.testing.assert_array_equal(found.examples[attack][name], expected[name])
                assert found.examples[attack][name].dtype == expected[name].dtype
    np.testing.assert_array_equal(found.examples["none"]["adversarial_images"][0], own.image / np.float32(255))


def test_results_by_protocol_newest_first(store, few_images, finished):
    image_id = save_own_image(store, OwnImage("mnist-mini", PIXELS, 3))
    assert own_image_results(store, finished, image_id) == []
    requests = [
        EvaluationRequest(attacks=("fgsm",), threat=ThreatModel(epsilon=value), image=image_id) for value in (0.3, 0.1)
    ]
    assert read_own_image_result(store, finished, requests[0]) is None
    for request in requests:
        evaluate_run(store, finished, request, few_images, "cpu")
    found = own_image_results(store, finished, image_id)
    assert [result.report.threat.epsilon for result in found] == [0.1, 0.3]
    assert [set(result.examples) for result in found] == [{"none", "fgsm"}] * 2
    evaluate_run(store, finished, requests[0].model_copy(update={"attacks": ("pgd",)}), few_images, "cpu")
    newest = own_image_results(store, finished, image_id)[0]
    assert set(newest.examples) == {"none", "fgsm", "pgd"}, "attacks done earlier stay"
    assert own_image_results(store, finished, image_id[::-1]) == [] == own_image_results(store, "none", image_id)


def test_what_is_damaged_is_left_out(store, few_images, finished):
    image_id = save_own_image(store, OwnImage("mnist-mini", PIXELS, 3))
    evaluate_run(
        store, finished, EvaluationRequest(attacks=("fgsm",), image=image_id, threat=THREAT), few_images, "cpu"
    )
    for path in (store.folder(finished) / "own_images").iterdir():
        content = path.read_bytes()
        for damage in (b"", b"{}", content[: len(content) // 2]):
            path.write_bytes(damage)
            assert own_image_results(store, finished, image_id) == []
        path.write_bytes(content)
        assert len(own_image_results(store, finished, image_id)) == 1


def test_an_image_made_for_another_data_set(store, few_images, finished):
    image_id = save_own_image(store, OwnImage("mnist", PIXELS, 3))
    before = files_of(store)
    with pytest.raises(InputError, match="made for mnist-mini"):
        evaluate_run(store, finished, EvaluationRequest(image=image_id, threat=THREAT), few_images, "cpu")
    assert files_of(store) == before


def kept_by(store: RunStore, run_id: str, request: EvaluationRequest) -> dict[str, int]:
    """Attack -> number of stored images; all predictions are stored."""
    counts = {}
    for path in (store.folder(run_id) / "adversarial").glob(f"{request.protocol_id}-*.npz"):
        with np.load(path) as arrays:
            assert len(arrays["predictions"]) == request.samples
            counts[path.stem.removeprefix(f"{request.protocol_id}-")] = len(arrays["adversarial_images"])
    return counts


@pytest.mark.parametrize("kept", [0, 3, 1000])
def test_as_many_images_are_kept_as_asked_for(store, few_images, finished, kept):
    request = EvaluationRequest(attacks=("fgsm",), samples=20, kept_images=kept, threat=THREAT)
    evaluate_run(store, finished, request, few_images, "cpu")
    assert kept_by(store, finished, request) == dict.fromkeys(("none", "fgsm"), min(kept, 20))


def test_later_attacks_never_keep_fewer_images(store, few_images, finished):
    """All attacks of a protocol store the same samples, as many as the largest request."""
    first = EvaluationRequest(attacks=("fgsm",), samples=20, kept_images=12, threat=THREAT)
    before = evaluate_run(store, finished, first, few_images, "cpu")
    path = adversarial_path(store.folder(finished), first.protocol_id, "fgsm")
    with np.load(path) as arrays:
        images = arrays["adversarial_images"]
    fewer = first.model_copy(update={"attacks": ("pgd",), "kept_images": 5})
    after = evaluate_run(store, finished, fewer, few_images, "cpu")
    assert kept_by(store, finished, first) == dict.fromkeys(("none", "fgsm", "pgd"), 12)
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["adversarial_images"], images)
    assert after.robust_accuracy_by_attack["fgsm"] == before.robust_accuracy_by_attack["fgsm"]
    more = first.model_copy(update={"kept_images": 15})
    evaluate_run(store, finished, more, few_images, "cpu")
    assert kept_by(store, finished, first) == dict.fromkeys(("none", "fgsm", "pgd"), 15)


def test_damaged_images_are_made_again(store, few_images, finished):
    request = EvaluationRequest(attacks=("fgsm",), samples=20, kept_images=5, threat=THREAT)
    evaluate_run(store, finished, request, few_images, "cpu")
    adversarial_path(store.folder(finished), request.protocol_id, "none").write_bytes(b"PK")
    adversarial_path(store.folder(finished), request.protocol_id, "fgsm").unlink()
    evaluate_run(store, finished, request, few_images, "cpu")
    assert kept_by(store, finished, request) == {"none": 5, "fgsm": 5}
