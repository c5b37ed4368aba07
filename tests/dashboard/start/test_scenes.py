"""The scenes of the first page against the files of the recorded runs, read anew with numpy and json."""

import base64
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashboard.start import scenes
from dashboard.start.limits_scene import passed_on
from engine.runs.store import RunStore

ROOT = Path(__file__).parents[3] / "checkpoints" / "shipped"
STD, MINMAX = "mnist-std-55675b1d8a", "mnist-min-max-5796910f98"


@pytest.fixture(scope="module")
def shown() -> dict[str, dict]:
    store = RunStore(ROOT)
    found = scenes._scenes(ROOT, (STD, MINMAX), scenes._stamp(store, (STD, MINMAX)))
    return {scene.kind: scene.data for scene in found}


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def arrays(run_id: str, epsilon: float, attack: str) -> dict[str, np.ndarray]:
    """Of the evaluation with pgd at this epsilon."""
    for path in (ROOT / run_id / "evaluations").iterdir():
        report = json.loads(path.read_text())
        if report["threat"] == {"norm": "linf", "epsilon": epsilon, "unit": "normalized"}:
            return dict(np.load(ROOT / run_id / "adversarial" / f"{path.stem}-{attack}.npz"))
    raise AssertionError(epsilon)


def records(run_id: str) -> list[dict]:
    return [json.loads(line) for line in (ROOT / run_id / "metrics.jsonl").read_text().splitlines()]


def test_all_five_are_told_in_order_and_are_small(shown):
    assert list(shown) == ["attack", "training", "collapse", "strength", "limits"] == list(scenes.LINKS)
    assert len(json.dumps(list(shown.values()))) < 300_000


def test_the_first_image_fools_std_alone(shown):
    scene = shown["attack"]
    sample = int(scene["note"].split(";")[0].removeprefix("Test image "))
    clean, attacked = arrays(STD, 0.3, "none"), arrays(STD, 0.3, "pgd")
    place = clean["sample_ids"].tolist().index(sample)
    truth, wrong = int(clean["labels"][place]), int(attacked["predictions"][place])
    before, change, after = scene["pictures"]
    assert [one["says"] for one in before["verdicts"]] == [str(truth)] * 2
    assert [one["says"] for one in after["verdicts"]] == [str(wrong), str(truth)] and wrong != truth
    assert [one["isRight"] for one in after["verdicts"]] == [False, True]
    assert after["verdicts"][0]["share"] == f"{100 * attacked['probabilities'][place].max():.1f} %"
    for picture, found in ((before, clean), (after, attacked)):
        expected = np.rint(255 * found["adversarial_images"][place][0])
        np.testing.assert_array_equal(pixels(picture["image"]), expected)
    largest = np.abs(attacked["adversarial_images"][place] - clean["adversarial_images"][place]).max()
    assert f"{100 * largest:.1f} %" in scene["lead"] and change["title"] == f"Change, × {1 / largest:.1f}"
    assert arrays(MINMAX, 0.3, "pgd")["predictions"][place] == truth


def test_weights_and_quantities_are_the_recorded_ones(shown):
    scene = shown["training"]
    for network, run_id in zip(scene["networks"], (STD, MINMAX), strict=True):
        film, lines = np.fromfile(ROOT / run_id / "conv1.f32", "<f4").reshape(-1, 150), records(run_id)
        np.testing.assert_array_equal(unpacked(network["weights"]).reshape(-1, 150), film)
        assert network["nearZero"] == [line["near_zero"]["conv1"] for line in lines]
        assert network["nearZero"] == (np.abs(film) < 0.01).sum(axis=1).tolist()
        assert network["fuzziness"] == [f"{line['fuzziness']['conv1']:.4f}" for line in lines]
        assert (network["filters"], network["kernel"]) == (6, [5, 5])
    assert [float(name) for name in scene["epochs"]] == [round(line["epoch"], 2) for line in records(STD)]


def test_the_large_number_is_counted(shown):
    scene = shown["collapse"]
    last = {run_id: np.fromfile(ROOT / run_id / "conv1.f32", "<f4")[-150:] for run_id in (STD, MINMAX)}
    near = {run_id: int((np.abs(weights) < 0.01).sum()) for run_id, weights in last.items()}
    assert scene["title"] == f"{near[MINMAX]} of 150 weights are near zero" and f"it is {near[STD]}." in scene["lead"]
    assert scene["thresholds"][scene["start"]] == 0.01
    for network, weights in zip(scene["networks"], last.values(), strict=True):
        np.testing.assert_array_equal(unpacked(network["weights"]), weights)


def test_every_stop_has_its_image_answer_and_accuracy(shown):
    scene = shown["strength"]
    assert scene["epsilons"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0] and scene["stops"][scene["start"]] == "0.3"
    for network, run_id in zip(scene["networks"], (STD, MINMAX), strict=True):
        curve = json.loads(next((ROOT / run_id / "curves").iterdir()).read_text())
        broken = np.array([np.inf if one is None else one for one in curve["broken_at"]])
        assert network["accuracies"] == [f"{100 * (broken > stop).mean():.1f} %" for stop in scene["epsilons"]]
        for place, stop in enumerate(scene["epsilons"]):
            found = arrays(run_id, stop or 0.3, "pgd" if stop else "none")
            truth = arrays(run_id, stop or 0.3, "none")["labels"]
            for digit, answers in zip(scene["digits"], network["answers"], strict=True):
                answer, position = answers[place], truth.tolist().index(int(digit))
                image = np.rint(255 * found["adversarial_images"][position][0])
                np.testing.assert_array_equal(pixels(answer["image"]), image)
                assert answer["says"] == str(found["predictions"][position])
                assert answer["isRight"] == (found["predictions"][position] == truth[position])


def test_the_limits_are_those_of_the_reports(shown):
    scene = shown["limits"]
    reports = {}
    for run_id in (STD, MINMAX):
        found = [json.loads(path.read_text()) for path in (ROOT / run_id / "evaluations").iterdir()]
        reports[run_id] = max(found, key=lambda report: len(report["attacks"]))
    ball = {
        run_id: {
            one["attack"]["name"]: one["robust_accuracy"]
            for one in report["attacks"]
            if one["threat"] == report["threat"]
        }
        for run_id, report in reports.items()
    }
    rows = {row["name"]: row["shares"] for row in scene["worst"]["rows"]}
    together = rows.pop("all together")
    assert together == [reports[run_id]["robust_accuracy"] for run_id in (STD, MINMAX)]
    assert rows == {name: [ball[STD][name], ball[MINMAX][name]] for name in ball[MINMAX]}
    worst = min(ball[MINMAX], key=ball[MINMAX].__getitem__)
    assert next(iter(rows)) == worst and f"{worst} breaks Min-Max most" in scene["worst"]["words"]
    for line, run_id in zip(scene["l2"]["lines"], (STD, MINMAX), strict=True):
        found = dict(np.load(next((ROOT / run_id / "adversarial").glob("*-deepfool.npz"))))
        clean = dict(np.load(next((ROOT / run_id / "adversarial").glob("13211d5489-none.npz"))))
        right = clean["predictions"] == clean["labels"]
        distances = np.where(right, np.where(found["is_adversarial"], found["l2"], np.inf), 0)
        half = next(one for one in np.sort(distances) if (distances > one).mean() <= right.mean() / 2)
        assert line["half"] == pytest.approx(half, rel=1e-6) and f"{half:.2f}" in scene["l2"]["words"]


def test_attacks_pass_the_threshold_where_epsilon_exceeds_it(shown):
    part = shown["limits"]["threshold"]
    threshold = float(part["words"].split("brighter than ")[1].split(". ")[0])
    steps = [float(stop) * 0.3081 for stop in part["stops"]]
    assert part["isBeyond"] == [step > threshold for step in steps] and {*part["isBeyond"]} == {False, True}
    for image, passed in zip(part["images"], part["passed"], strict=True):
        expected = np.clip((pixels(image) / 255 - threshold) / (1 - threshold), 0, 1)
        np.testing.assert_allclose(pixels(passed) / 255, expected, atol=0.006)


def test_runs_that_were_recorded_without_images_have_the_other_scenes(tmp_path):
    for run_id in (STD, MINMAX):
        ignored = shutil.ignore_patterns("adversarial", "transfers")
        shutil.copytree(ROOT / run_id, tmp_path / run_id, ignore=ignored)
        (tmp_path / run_id / "adversarial").mkdir()
    for name in ("none", "pgd"):
        found = {key: values for key, values in arrays(STD, 0.3, name).items() if key != "adversarial_images"}
        np.savez(tmp_path / STD / "adversarial" / f"13211d5489-{name}.npz", **found)
    pair = (STD, MINMAX)
    found = {
        scene.kind: scene.data for scene in scenes._scenes(tmp_path, pair, scenes._stamp(RunStore(tmp_path), pair))
    }
    assert list(found) == ["training", "collapse", "limits"]
    assert found["limits"]["threshold"] is None and found["limits"]["worst"] is not None


def test_the_threshold_keeps_white_and_removes_what_is_below():
    np.testing.assert_allclose(passed_on(np.array([0.0, 0.1, 0.2, 0.6, 1.0]), 0.2), [0, 0, 0, 0.5, 1])
