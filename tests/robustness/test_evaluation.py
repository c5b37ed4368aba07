import numpy as np
import pytest
import torch

from engine.attacks.configs import FGSM, PGD, CarliniWagner, LinfBIM, Square
from engine.attacks.perturb import perturb
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.models.architectures import build_model
from engine.robustness import attack_session
from engine.robustness.attack_session import AttackSession
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.cache import AdversarialCache
from engine.robustness.evaluation import Evaluation, evaluate

STD = (0.3081,)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
ATTACKS = (FGSM(), PGD(steps=4), LinfBIM(steps=4))
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 1, 28, 28), np.uint8)
LABELS = np.array([7, 4, 2, 7, 3, 2, 7, 3, 2, 7])
"""Predictions of the three LeNets of `lenets` on IMAGES, in turn: each is correct on about a third."""


def setup_of(network, n=10, **changes) -> AttackSetup:
    given = {"images": IMAGES[:n], "labels": LABELS[:n], "threat": THREAT, "std": STD, "seed": 0}
    return AttackSetup(network=network, **(given | changes))


def run(network, n=10, attacks=ATTACKS, **changes) -> Evaluation:
    return evaluate(setup_of(network, n, **changes), attacks, range(n))


@pytest.fixture
def networks(lenets):
    return [lenets.member(k) for k in range(3)]


@pytest.fixture
def attacked(monkeypatch) -> list[dict]:
    """Arguments of every call of `perturb`, by name."""
    calls: list[dict] = []
    monkeypatch.setattr(attack_session, "perturb", lambda **given: calls.append(given) or perturb(**given))
    return calls


def test_report_agrees_with_a_recount_of_its_arrays(networks):
    for network in networks:
        evaluation = run(network)
        report = evaluation.report
        clean = torch.from_numpy(IMAGES.astype(np.float32) / 255).double()
        assert report.sample_ids == tuple(range(10))
        assert (evaluation.clean_predictions == network(clean).argmax(1).numpy()).all()
        correct = alive = evaluation.clean_predictions == LABELS
        assert report.clean_accuracy == correct.mean()
        for attack in ATTACKS:
            outcome = evaluation.outcomes[attack.name]
            logits = network(torch.from_numpy(outcome.adversarial_images).double())
            np.testing.assert_allclose(outcome.probabilities, logits.softmax(1).detach(), atol=1e-6)
            assert (outcome.predictions == logits.argmax(1).numpy()).all()
            held = correct & (outcome.predictions == LABELS)
            assert report.robust_accuracy_by_attack[attack.name] == outcome.result.robust_accuracy == held.mean()
            assert outcome.result.n_invalid == 0 and outcome.adversarial_images.dtype == np.float32
            assert outcome.result.largest_linf == pytest.approx(0.09243, rel=1e-4)
            alive = alive & held
        assert report.robust_accuracy == alive.mean()
        assert report.pixel_epsilon == pytest.approx((0.09243,))


def test_earlier_attacks_count_in_the_worst_case(networks):
    whole = run(networks[0])
    first = run(networks[0], attacks=ATTACKS[1:])
    earlier = [(outcome.result, outcome.judgement) for outcome in first.outcomes.values()]
    joined = evaluate(setup_of(networks[0]), ATTACKS[:1], range(10), earlier, samples=12).report
    assert list(joined.robust_accuracy_by_attack) == ["pgd", "linf-bim", "fgsm"] and joined.samples == 12
    assert joined.robust_accuracy == whole.report.robust_accuracy
    nothing_more = evaluate(setup_of(networks[0]), [PGD(steps=1, step_size=1.0)], range(10)).report
    assert joined.robust_accuracy <= min(joined.robust_accuracy_by_attack.values()) <= nothing_more.clean_accuracy


def test_what_is_wrong_without_an_attack_is_never_attacked(networks, attacked):
    for network in networks:
        evaluation = run(network)
        wrong = evaluation.clean_predictions != LABELS
        for outcome in evaluation.outcomes.values():
            assert np.array_equal(outcome.adversarial_images[wrong], (IMAGES.astype(np.float32) / 255)[wrong])
            assert (outcome.judgement.linf[~wrong] > 0).all() and not outcome.judgement.linf[wrong].any()
    labels = [label for call in attacked for label in call["labels"].tolist()]
    assert sorted(labels) == sorted([*LABELS] * len(ATTACKS))


def test_linear_truth_end_to_end(grey):
    """With the median distance as epsilon, half the images survive; the accuracy under cw alone ignores epsilon."""
    threat = ThreatModel(epsilon=float(np.median(grey.distances("linf", STD))))
    attacks = (FGSM(), CarliniWagner(steps=50, search_rounds=8, learning_rate=0.03))
    setup = setup_of(grey.network, images=grey.images.numpy(), labels=grey.labels.numpy(), threat=threat)
    report = evaluate(setup, attacks, range(12)).report
    assert (report.clean_accuracy, report.robust_accuracy) == (1.0, 0.5)
    assert report.robust_accuracy_by_attack == {"fgsm": 0.5, "cw": 0.0}


def test_a_result_depends_neither_on_later_images_nor_on_other_attacks(networks):
    full = run(networks[2], batch_size=4)
    part = run(networks[2], n=6, attacks=ATTACKS[1:2], batch_size=4)
    np.testing.assert_allclose(
        part.outcomes["pgd"].adversarial_images, full.outcomes["pgd"].adversarial_images[:6], rtol=0.0, atol=1e-6
    )
    again = run(networks[2], attacks=ATTACKS[1:2], batch_size=4)
    assert np.array_equal(again.outcomes["pgd"].adversarial_images, full.outcomes["pgd"].adversarial_images)


def test_cache_answers_in_place_of_the_network(networks, tmp_path, attacked):
    cache, passes = AdversarialCache(tmp_path), []
    first = run(networks[1], cache=cache)
    assert [call["attack"] for call in attacked] == [*ATTACKS]
    for name, outcome in run(networks[1]).outcomes.items():
        np.testing.assert_array_equal(first.outcomes[name].adversarial_images, outcome.adversarial_images)
    attacked.clear()
    second = run(networks[1], cache=cache, progress=lambda fraction, message: passes.append(fraction))
    assert not passes and not attacked
    for name, outcome in first.outcomes.items():
        assert np.array_equal(outcome.adversarial_images, second.outcomes[name].adversarial_images)
        assert np.array_equal(outcome.predictions, second.outcomes[name].predictions)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"threat": ThreatModel(epsilon=0.2)}, 9),
        ({"threat": ThreatModel(unit="pixel")}, 9),
        ({"attacks": (FGSM(), PGD(steps=5), LinfBIM(steps=5))}, 10),
        ({"n": 9}, 9),
    ],
)
def test_cache_does_not_answer_another_question(networks, tmp_path, change, expected):
    cache, passes = AdversarialCache(tmp_path), []
    run(networks[0], cache=cache)
    run(networks[0], cache=cache, progress=lambda fraction, message: passes.append(fraction), **change)
    assert len(passes) == expected


def test_the_text_of_a_cache_key_stays(networks, monkeypatch):
    """Changing a key by one character would invalidate all existing caches."""
    keys: list[str] = []
    cache = AdversarialCache()
    monkeypatch.setattr(cache, "fetch", lambda key, compute: keys.append(key) or compute())
    AttackSession(setup_of(networks[0].float(), n=1, cache=cache)).attack(PGD(steps=4))
    layers = str(networks[0])
    assert keys[0].startswith(f"2 engine.models.lenet {layers} {{'normalize.mean': [[[0.13")
    assert keys[0].count("} ") == 3 and len(keys[0].rsplit(" ", 1)[1]) == 32
    assert ' {"steps":4,"step_size":0.25,"name":"pgd","random_start":true} ' in keys[0]
    assert ' {"norm":"linf","epsilon":0.3,"unit":"normalized"} (0.3081,) ' in keys[0]


def test_images_outside_the_budget_are_flagged_and_break_nothing(networks, monkeypatch):
    monkeypatch.setattr(attack_session, "perturb", lambda images, **_: 1.0 - images)
    evaluation = run(networks[0], attacks=(FGSM(),))
    correct = evaluation.clean_predictions == LABELS
    assert evaluation.report.n_invalid == correct.sum() > 0
    assert evaluation.report.robust_accuracy == evaluation.report.clean_accuracy


def test_progress_rises_to_the_last_pass_and_can_stop(networks):
    seen: list[tuple[float, str]] = []
    run(networks[1], batch_size=4, progress=lambda *told: seen.append(told))
    batches_with_a_correct_image = [True, True, False]  # the network is wrong throughout the last one
    due = [has for size in (1, 4, 4) for has in batches_with_a_correct_image for _ in range(size)]
    assert [fraction for fraction, _ in seen] == pytest.approx(np.flatnonzero(due) / 27)
    assert list(dict.fromkeys(message for _, message in seen)) == [
        "fgsm, attack 1 of 3",
        "pgd, attack 2 of 3",
        "linf-bim, attack 3 of 3",
    ]

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(networks[1], progress=stop)


def test_progress_counts_what_the_cache_knew(networks, tmp_path):
    cache, seen = AdversarialCache(tmp_path), []
    run(networks[0], attacks=ATTACKS[:2], cache=cache)
    run(networks[0], cache=cache, progress=lambda fraction, message: seen.append(fraction))
    assert seen == pytest.approx(np.arange(5, 9) / 9)


def test_progress_weighs_attacks_by_their_cost(networks):
    """A query without a gradient costs less than a step."""
    seen, attacks = [], (Square(queries=10), PGD(steps=4))
    run(networks[0], attacks=attacks, progress=lambda *told: seen.append(told))
    first, second = sorted(attacks, key=lambda attack: attack.cost)
    start = min(fraction for fraction, message in seen if message == f"{second.name}, attack 2 of 2")
    assert start == pytest.approx(first.cost / (attacks[0].cost + 4))


def test_a_seed_differs_between_batches_attacks_and_runs(networks, attacked):
    for seed in (0, 1):
        run(networks[0], batch_size=4, seed=seed)
    assert len({call["seed"] for call in attacked}) == 2 * 3 * len(ATTACKS)


def test_unusable_input_is_refused(networks):
    with pytest.raises(InputError, match="one or more images"):
        run(networks[0], n=0)
    with pytest.raises(InputError, match="as many labels"):
        setup_of(networks[0], labels=LABELS[:9])
    with pytest.raises(InputError, match="as many sample ids"):
        evaluate(setup_of(networks[0]), ATTACKS, range(9))
    with pytest.raises(InputError, match="each once"):
        run(networks[0], attacks=(FGSM(), FGSM()))
    networks[2].fc1.bias.data[:] = float("inf")
    with pytest.raises(InputError, match="finite logits"):
        run(networks[2])


def test_a_session_leaves_the_network_as_it_was(networks):
    network = networks[0].train()
    AttackSession(setup_of(network)).attack(FGSM())
    assert network.training and all(value.requires_grad and value.grad is None for value in network.parameters())


def test_equal_weights_in_another_network_share_no_cached_images(tmp_path):
    """LeNets with equal weights and different normalizations are different functions."""
    images = np.random.default_rng(0).random((6, 1, 28, 28), dtype=np.float32)
    threat, cache = ThreatModel(norm="linf", epsilon=0.3, unit="pixel"), AdversarialCache(tmp_path)

    def attacked(mean: float, cache: AdversarialCache) -> np.ndarray:
        network = build_model("lenet", 0, (1, 28, 28), 10, (mean,), (0.3,))
        setup = setup_of(network, images=images, labels=np.arange(6), threat=threat, std=(0.3,), cache=cache)
        return evaluate(setup, [FGSM()], range(6)).outcomes["fgsm"].adversarial_images

    first, second = attacked(0.1, cache), attacked(0.9, cache)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, attacked(0.9, AdversarialCache()))
    np.testing.assert_array_equal(first, attacked(0.1, cache))
