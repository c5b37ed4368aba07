"""Evaluation requests: ids stay the same over versions; a ladder is several requests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest, epsilon_ladder
from engine.validation import validated
from tests.small_runs import THREAT

IMAGE = "0123456789abcdef"


@pytest.mark.parametrize(
    ("changes", "protocol_id", "job_id"),
    [
        ({}, "13211d5489", "13211d5489-1442c2"),
        ({"samples": 1000, "threat": ThreatModel(epsilon=0.03)}, "24ff392672", "24ff392672-1442c2"),
        (
            {
                "samples": 1,
                "seed": 7,
                "threat": ThreatModel(epsilon=8 / 255, unit="pixel"),
                "attacks": ("pgd", "fgsm"),
            },
            "0ddbd2f521",
            "0ddbd2f521-f43307",
        ),
    ],
)
def test_recorded_evaluations_are_found_again(changes, protocol_id, job_id):
    request = EvaluationRequest(**({"threat": THREAT} | changes))
    assert (request.protocol_id, request.job_id("run")) == (protocol_id, f"run--{job_id}")


def test_what_is_kept_is_no_part_of_the_protocol_but_another_job():
    more, usual = EvaluationRequest(kept_images=1000, threat=THREAT), EvaluationRequest(kept_images=200, threat=THREAT)
    assert more.protocol_id == usual.protocol_id == EvaluationRequest(threat=THREAT).protocol_id
    assert more.job_id("run") != usual.job_id("run") == EvaluationRequest(threat=THREAT).job_id("run")


def test_an_image_is_one_sample_and_a_protocol_of_its_own():
    request = EvaluationRequest(image=IMAGE, threat=THREAT)
    assert request.samples == 1
    others = [
        EvaluationRequest(samples=1, threat=THREAT),
        EvaluationRequest(image=IMAGE[::-1], threat=THREAT),
        EvaluationRequest(threat=THREAT),
    ]
    assert len({one.protocol_id for one in [request, *others]}) == 4
    assert validated(EvaluationRequest, **request.model_dump(mode="json")) == request


def test_the_callers_values_are_left_alone():
    values = {"image": IMAGE, "threat": THREAT}
    EvaluationRequest.model_validate(values)
    assert values == {"image": IMAGE, "threat": THREAT}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"image": "../../etc/passwd"}, "image"),
        ({"image": IMAGE + "\n"}, "image"),
        ({"image": IMAGE.upper()}, "image"),
        ({"image": IMAGE, "samples": 2}, "1 sample"),
        ({"threat": ThreatModel(norm="l2", epsilon=1.0), "attacks": ("fgsm",)}, "an attack for the l2 norm"),
        ({"kept_images": 1001}, "0 to 1000"),
        ({"kept_images": -1}, "0 to 1000"),
    ],
)
def test_refused(changes, word):
    with pytest.raises(InputError, match=word):
        validated(EvaluationRequest, **({"threat": THREAT} | changes))


@pytest.mark.parametrize(
    ("last", "steps", "expected"),
    [
        (0.6, 6, (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
        (0.06, 6, (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06)),
        (1.0, 1, (0.5, 1.0)),
    ],
)
def test_the_ladder_has_round_rungs(last, steps, expected):
    """Values are rounded exactly: 0.3 on the ladder has the protocol of a single 0.3."""
    assert epsilon_ladder(last, steps) == expected


@given(st.floats(1e-6, 100), st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_any_ladder_rises_from_above_0_to_its_end(last, steps):
    rungs = epsilon_ladder(last, steps)
    assert len(rungs) == steps + 1 and list(rungs) == sorted(set(rungs))
    assert 0 < rungs[0] and rungs[-1] == pytest.approx(last, rel=1e-5)


def test_a_ladder_is_the_same_request_at_each_epsilon():
    start = EvaluationRequest(attacks=("fgsm",), samples=20, threat=ThreatModel(unit="pixel"), seed=3)
    found = start.ladder([0.1, 0.3, 0.1])
    assert [one.threat for one in found] == [ThreatModel(epsilon=value, unit="pixel") for value in (0.1, 0.3)]
    assert {one.model_copy(update={"threat": start.threat}) for one in found} == {start}
    assert found[1].protocol_id == EvaluationRequest(samples=20, threat=found[1].threat, seed=3).protocol_id


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 101.0])
def test_a_rung_that_is_no_epsilon(bad):
    with pytest.raises(InputError, match="epsilon"):
        EvaluationRequest(threat=THREAT).ladder([0.1, bad])


def test_the_command_of_a_ladder():
    request = EvaluationRequest(attacks=("fgsm",), samples=20, kept_images=0, threat=THREAT)
    assert request.command(["a", "b"], [0.1, 0.2]) == (
        "python -m engine evaluate a b --attacks fgsm --samples 20 --epsilon 0.1 0.2 --unit normalized --kept-images 0"
    )
