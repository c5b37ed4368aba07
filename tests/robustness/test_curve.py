"""Accuracy against epsilon, on classifiers whose distances are known in closed form."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from engine.attacks.configs import FAB, FGSM, L2BIM, PGD, CarliniWagner
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.robustness import attack_session
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.cache import AdversarialCache
from engine.robustness.curve import RobustnessCurve, curve_of_distances, epsilon_steps
from engine.robustness.report import Judgement
from engine.robustness.tracing import trace

STD = (0.3081,)
STEP = ThreatModel(epsilon=0.02)


def traced(problem, attack=FGSM(), threat=STEP, labels=None, **options) -> RobustnessCurve:  # noqa: B008
    truth = problem.labels.numpy() if labels is None else labels
    return traced_on(problem.network, problem.images.numpy(), truth, threat, attack, **options)


def traced_on(network, images, labels, threat, attack=FGSM(), **options) -> RobustnessCurve:  # noqa: B008
    setup = AttackSetup(network=network, images=images, labels=labels, threat=threat, std=STD, seed=0, **options)
    return trace(setup, attack, range(len(images)))


def curve(broken_at, epsilons, attack=FGSM()) -> RobustnessCurve:  # noqa: B008
    return RobustnessCurve(
        attack=attack,
        threat=STEP,
        pixel_scale=(0.5,),
        seed=0,
        sample_ids=tuple(range(len(broken_at))),
        epsilons=epsilons,
        broken_at=broken_at,
        ended="nothing left" if None not in broken_at else "most steps",
    )


@pytest.mark.parametrize(("attack", "norm"), [(FGSM(), "linf"), (PGD(steps=20), "linf"), (L2BIM(steps=20), "l2")])
def test_each_image_is_lost_at_the_first_step_beyond_its_distance(grey, attack, norm):
    distances = grey.distances(norm, STD)
    step = ThreatModel(epsilon=float(distances.max()) / 7.5)
    found = traced(grey, attack, step)
    expected = np.ceil(distances / step.epsilon)
    np.testing.assert_allclose(np.array(found.broken_at) / step.epsilon, expected, atol=1e-9)
    assert found.threat.norm == norm and found.ended == "nothing left" and found.n_invalid == 0
    assert found.accuracies == tuple((expected > place).mean() for place in range(len(found.epsilons)))
    assert found.gone_epsilon == found.epsilons[-1] == pytest.approx(8 * step.epsilon)


def test_only_what_is_still_correct_is_attacked_again(grey, monkeypatch):
    given, perturb = [], attack_session.perturb
    monkeypatch.setattr(
        attack_session, "perturb", lambda images, **rest: given.append(len(images)) or perturb(images=images, **rest)
    )
    labels = grey.labels.numpy().copy()
    labels[:3] = 1 - labels[:3]
    found = traced(grey, labels=labels)
    assert found.broken_at[:3] == (0.0, 0.0, 0.0) and found.clean_accuracy == 9 / 12
    assert given == [*found.survivors[:-1]] and given[0] == 9
    assert np.all(np.diff(found.accuracies) <= 0)


class Wobbling(torch.nn.Module):
    """A network that misclassifies a gray image moved by less than 0.03, and is correct beyond."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))

    def forward(self, images):
        shift = (images.flatten(1) - 0.5).abs().amax(dim=1)
        score = torch.where((shift > 0.001) & (shift < 0.03), shift * 0 - 1, shift * 0 + 1) * self.scale
        return torch.stack([images.flatten(1).sum(1) * 0, score], dim=1) + images.flatten(1).sum(1, keepdim=True) * 1e-3


def test_what_was_lost_in_a_small_ball_stays_lost():
    images, labels = np.full((4, 1, 6, 6), 0.5, np.float32), np.ones(4, np.int64)
    found = traced_on(Wobbling(), images, labels, ThreatModel(epsilon=0.02, unit="pixel"))
    assert found.broken_at == (0.02,) * 4 and found.survivors == (4, 0)


def test_ends_where_the_ball_holds_every_image():
    class Stubborn(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, images):
            sums = images.flatten(1).sum(1, keepdim=True) * self.weight
            return torch.cat([sums, sums + 1.0], dim=1)

    images, labels = np.full((2, 1, 6, 6), 0.5, np.float32), np.ones(2, np.int64)
    seen = []
    threat = ThreatModel(epsilon=0.3, unit="pixel")
    found = traced_on(Stubborn(), images, labels, threat, progress=lambda *told: seen.append(told))
    assert (found.ended, found.epsilons) == ("whole range", (0.0, 0.3, 0.6, 0.9, 1.2))
    assert found.survivors == (2,) * 5 and found.half_epsilon is None and found.gone_epsilon is None
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0.0 and fractions[-1] == 1.0
    assert seen[0][1] == "ε = 0: 100 % correct" and seen[-1][1] == "ε = 1.2: 100 % correct"


def test_progress_says_what_is_left_and_jumps_to_the_end(grey):
    seen = []
    found = traced(grey, progress=lambda fraction, words: seen.append((fraction, words)))
    told = list(dict.fromkeys(words for _, words in seen))
    shares = [f"{100 * accuracy:.0f} % correct" for accuracy in found.accuracies]
    assert told == [f"ε = {epsilon:g}: {share}" for epsilon, share in zip(found.epsilons, shares, strict=True)]
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and fractions[-2] < 0.5


def test_an_interrupted_curve_goes_on_from_the_cache(grey, tmp_path, monkeypatch):
    class Enough(Exception):
        pass

    calls, perturb = [], attack_session.perturb
    monkeypatch.setattr(attack_session, "perturb", lambda **given: calls.append(1) or perturb(**given))
    whole = traced(grey)
    before = len(calls)

    def stop(fraction, words):
        if words.startswith("ε = 0.06"):
            raise Enough

    with pytest.raises(Enough):
        traced(grey, cache=AdversarialCache(tmp_path), progress=stop)
    calls.clear()
    assert traced(grey, cache=AdversarialCache(tmp_path)) == whole
    assert len(calls) == before - 3


@pytest.mark.parametrize(
    ("threat", "std", "shape", "count", "ended"),
    [
        (ThreatModel(epsilon=0.1), (0.3081,), (1, 28, 28), 33, "whole range"),
        (ThreatModel(epsilon=0.25, unit="pixel"), (0.3081,), (1, 28, 28), 4, "whole range"),
        (ThreatModel(epsilon=0.3, unit="pixel"), (0.3081,), (1, 28, 28), 4, "whole range"),
        (ThreatModel(epsilon=0.5), (0.25, 0.5, 0.2), (3, 32, 32), 10, "whole range"),
        (ThreatModel(epsilon=0.01), (0.3081,), (1, 28, 28), 40, "most steps"),
        (ThreatModel(norm="l2", epsilon=0.7, unit="pixel"), (0.3081,), (1, 28, 28), 40, "whole range"),
        (ThreatModel(norm="l2", epsilon=0.69, unit="pixel"), (0.3081,), (1, 28, 28), 40, "most steps"),
    ],
)
def test_equal_steps_until_every_image_is_inside(threat, std, shape, count, ended):
    steps, why = epsilon_steps(threat, std, shape)
    assert (len(steps), why) == (count, ended)
    np.testing.assert_allclose(steps, threat.epsilon * np.arange(1, count + 1))


def test_half_lies_on_the_line_between_two_points():
    found = curve((0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0), (0.0, 1.0, 2.0, 3.0))
    assert found.survivors == (8, 6, 2, 0) and found.clean_accuracy == 8 / 9
    assert found.half_epsilon == pytest.approx(1.5)
    assert found.pixels(found.half_epsilon) == pytest.approx((0.75,))
    assert curve((1.0, 2.0), (0.0, 1.0, 2.0)).half_epsilon == 1.0, "a point itself"
    assert curve((0.0, 0.0), (0.0, 1.0)).half_epsilon is None, "nothing to lose"
    assert curve((1.0, None, None), (0.0, 1.0)).half_epsilon is None, "never lost"
    assert curve((1.0, None, None), (0.0, 1.0)).survivors_at([0.5, 1.0, 9.0]).tolist() == [3, 2, 2]


def test_distances_are_a_curve_that_falls_at_each_of_them():
    linf = np.array([0.3, 0.0, 0.1, 0.2, 0.7], np.float32)
    broken = np.array([True, True, True, True, False])
    found = Judgement(np.ones(5, bool), broken, broken, linf, 2 * linf)
    correct = np.array([True, False, True, True, True])
    exact = curve_of_distances(FAB(), correct, found, 3, range(5), 1)
    assert exact.broken_at == (0.3, 0.0, 0.1, 0.2, None) and exact.epsilons == (0.0, 0.1, 0.2, 0.3)
    assert exact.survivors == (4, 3, 2, 1) and exact.half_epsilon == 0.2 and exact.gone_epsilon is None
    assert (exact.threat.norm, exact.threat.unit, exact.ended, exact.seed) == ("linf", "pixel", "not found", 3)
    in_l2 = curve_of_distances(CarliniWagner(), correct, found, 3, range(5), 1)
    assert in_l2.broken_at == (0.6, 0.0, 0.2, 0.4, None) and in_l2.threat.norm == "l2"


def test_a_way_is_all_that_decides_whether_curves_compare():
    one = curve((0.0, 1.0), (0.0, 1.0))
    assert one.way == curve((1.0, 1.0), (0.0, 1.0)).way
    changes = {"seed": 1, "sample_ids": (0, 2), "attack": PGD(), "threat": ThreatModel(epsilon=0.03)}
    ways = {one.model_copy(update={name: value}).way for name, value in changes.items()}
    assert len(ways | {one.way}) == 5


def test_a_record_survives_json_and_a_damaged_one_does_not():
    one = curve((0.0, 1.0, None), (0.0, 1.0))
    assert RobustnessCurve.model_validate_json(one.model_dump_json()) == one
    for change in ({"epsilons": (0.0, 2.0)}, {"epsilons": (0.1, 1.0)}, {"broken_at": (0.0,)}, {"epsilons": (0, 1, 1)}):
        with pytest.raises(ValidationError):
            RobustnessCurve.model_validate(one.model_dump() | change)


@pytest.mark.parametrize(("attack", "step"), [(CarliniWagner(), 0.1), (FGSM(), 0.0)])
def test_what_has_no_ladder_is_refused(grey, attack, step):
    with pytest.raises(InputError, match="searches a ball"):
        traced(grey, attack, ThreatModel(epsilon=step))
