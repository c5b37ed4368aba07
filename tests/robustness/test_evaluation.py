import numpy as np
import pytest
import torch

from engine.attacks.catalog import training_attack
from engine.attacks.configs import FGSM, PGD, CarliniWagner, LinfBIM
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.robustness import attack_session as bench
from engine.robustness.cache import AdversarialCache
from engine.robustness.evaluation import AttackOutcome, MemberEvaluation, evaluate
from engine.robustness.probe import probed_accuracy

STD = (0.3081,)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
ATTACKS = (FGSM(), PGD(steps=4), LinfBIM(steps=4))
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 1, 28, 28), np.uint8)
LABELS = np.array([7, 4, 2, 7, 3, 2, 7, 3, 2, 7])
"""What the three LeNets of `lenets` say to IMAGES, taken in turn: each is right about a third."""


def run(stack, n=10, attacks=ATTACKS, threat=THREAT, **options):
    """Outcomes by (member, attack), and evaluations by member."""
    items = list(evaluate(stack, IMAGES[:n], LABELS[:n], range(n), attacks, threat, STD, 0, **options))
    assert all(isinstance(item, AttackOutcome) for item in items[: -stack.size])
    outcomes = {(item.member, item.result.attack.name): item for item in items if isinstance(item, AttackOutcome)}
    return outcomes, [item for item in items if isinstance(item, MemberEvaluation)]


def test_report_agrees_with_a_recount_of_its_arrays(lenets):
    outcomes, evaluations = run(lenets)
    for k, evaluation in enumerate(evaluations):
        report, plain = evaluation.report, lenets.member(k)
        clean = torch.from_numpy(IMAGES.astype(np.float32) / 255).double()
        assert evaluation.member == k and report.sample_ids == tuple(range(10))
        assert (evaluation.clean_predictions == plain(clean).argmax(1).numpy()).all()
        correct = alive = evaluation.clean_predictions == LABELS
        assert report.clean_accuracy == correct.mean()
        for attack in ATTACKS:
            outcome = outcomes[k, attack.name]
            logits = plain(torch.from_numpy(outcome.adversarial_images).double())
            np.testing.assert_allclose(outcome.probabilities, logits.softmax(1).detach(), atol=1e-6)
            assert (outcome.predictions == logits.argmax(1).numpy()).all()
            held = correct & (outcome.predictions == LABELS)
            assert report.robust_accuracy_by_attack[attack.name] == outcome.result.robust_accuracy == held.mean()
            assert outcome.result.n_invalid == 0 and outcome.adversarial_images.dtype == np.float32
            assert outcome.result.largest_linf == pytest.approx(0.09243, rel=1e-4)
            alive = alive & held
        assert report.robust_accuracy == alive.mean()
        assert report.pixel_epsilon == pytest.approx((0.09243,))


def test_what_is_wrong_anyway_is_never_attacked(lenets, monkeypatch):
    given, perturb = [], bench.perturb
    monkeypatch.setattr(bench, "perturb", lambda stack, *rest: given.append(rest[1]) or perturb(stack, *rest))
    outcomes, evaluations = run(lenets)
    for (k, _), outcome in outcomes.items():
        wrong = evaluations[k].clean_predictions != LABELS
        assert np.array_equal(outcome.adversarial_images[wrong], (IMAGES.astype(np.float32) / 255)[wrong])
        assert (outcome.judgement.linf[~wrong] > 0).all() and not outcome.judgement.linf[wrong].any()
    assert sorted(label for labels in given for label in labels.tolist()) == sorted([*LABELS] * len(ATTACKS))


def test_linear_truth_end_to_end(grey):
    """The median distance as epsilon: half the images survive, and cw's cell knows no epsilon."""
    distances = grey.distances("linf", STD)
    threat = ThreatModel(epsilon=float(np.median(distances)))
    attacks = (FGSM(), CarliniWagner(steps=50, search_rounds=8, learning_rate=0.03))
    items = list(evaluate(grey.stack, grey.images.numpy(), grey.labels.numpy(), range(12), attacks, threat, STD, 0))
    report = items[-1].report
    assert (report.clean_accuracy, report.robust_accuracy) == (1.0, 0.5)
    assert report.robust_accuracy_by_attack == {"fgsm": 0.5, "cw": 0.0}


def test_a_result_depends_neither_on_later_images_nor_other_attacks_nor_other_members(lenets, monkeypatch):
    monkeypatch.setattr(bench, "BATCH", 4)
    full, _ = run(lenets)
    part, _ = run(lenets.select([2]), n=6, attacks=ATTACKS[1:2])
    np.testing.assert_allclose(
        part[0, "pgd"].adversarial_images, full[2, "pgd"].adversarial_images[:6], rtol=0.0, atol=1e-6
    )
    again, _ = run(lenets, attacks=ATTACKS[1:2])
    assert np.array_equal(again[1, "pgd"].adversarial_images, full[1, "pgd"].adversarial_images)


def test_cache_answers_in_place_of_the_model(lenets, tmp_path, monkeypatch):
    passes, calls = [], []
    perturb = bench.perturb
    monkeypatch.setattr(bench, "perturb", lambda stack, *rest: calls.append(rest[2].name) or perturb(stack, *rest))
    cache = AdversarialCache(tmp_path)
    run(lenets.select([1]), cache=cache)
    first, _ = run(lenets, cache=cache)
    assert [calls.count(attack.name) for attack in ATTACKS] == [3] * 3
    for key, outcome in run(lenets)[0].items():
        np.testing.assert_allclose(first[key].adversarial_images, outcome.adversarial_images, rtol=0.0, atol=1e-6)
    calls.clear()
    second, _ = run(lenets, cache=cache, progress=passes.append)
    assert not passes and not calls
    for key, outcome in first.items():
        assert np.array_equal(outcome.adversarial_images, second[key].adversarial_images)
        assert np.array_equal(outcome.predictions, second[key].predictions)


@pytest.mark.parametrize(
    "change",
    [
        {"threat": ThreatModel(epsilon=0.2)},
        {"threat": ThreatModel(unit="pixel")},
        {"attacks": (FGSM(), PGD(steps=5), LinfBIM(steps=5))},
        {"n": 9},
    ],
)
def test_cache_does_not_answer_another_question(lenets, tmp_path, change):
    one, cache, passes = lenets.select([0]), AdversarialCache(tmp_path), []
    run(one, cache=cache)
    run(one, cache=cache, progress=passes.append, **change)
    attacks = change.get("attacks", ATTACKS)
    unchanged = 1 if "attacks" in change else 0
    assert len(passes) == sum(attack.forwards for attack in attacks) - unchanged


def test_images_outside_the_budget_are_flagged_and_break_nothing(lenets, monkeypatch):
    monkeypatch.setattr(bench, "perturb", lambda stack, images, *rest: 1.0 - images)
    _, evaluations = run(lenets, attacks=(FGSM(),))
    for evaluation in evaluations:
        correct = evaluation.clean_predictions == LABELS
        assert evaluation.report.n_invalid == correct.sum() > 0
        assert evaluation.report.robust_accuracy == evaluation.report.clean_accuracy


def test_progress_rises_to_the_last_pass_and_can_stop(lenets, monkeypatch):
    monkeypatch.setattr(bench, "BATCH", 4)
    seen: list[float] = []
    run(lenets, progress=seen.append)
    batches_of_one_attack = [1, 1, 1, 1, 1, 1, 1, 0, 1]  # the second member is wrong throughout the last one
    due = [is_attacked for size in (1, 4, 4) for is_attacked in batches_of_one_attack for _ in range(size)]
    assert seen == pytest.approx(np.flatnonzero(due) / 81)

    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(lenets, progress=stop)


def test_progress_counts_what_the_cache_knew(lenets, tmp_path):
    cache, seen = AdversarialCache(tmp_path), []
    run(lenets, attacks=ATTACKS[:2], cache=cache)
    run(lenets, cache=cache, progress=seen.append)
    assert seen == pytest.approx(np.arange(15, 27) / 27)


def test_members_share_a_seed_that_differs_between_batches_attacks_and_runs(lenets, monkeypatch):
    monkeypatch.setattr(bench, "BATCH", 4)
    seeds, perturb = [], bench.perturb
    monkeypatch.setattr(bench, "perturb", lambda *given: seeds.append(given[6]) or perturb(*given))
    for seed in (0, 1):
        list(evaluate(lenets, IMAGES, LABELS, range(10), ATTACKS, THREAT, STD, seed))
    assert all(len(set(members)) == 1 for members in seeds)
    assert len({members[0] for members in seeds}) == 2 * 3 * len(ATTACKS)


def test_unusable_input_is_refused(lenets):
    with pytest.raises(InputError, match="at least one"):
        run(lenets, n=0)
    with pytest.raises(InputError, match="each once"):
        run(lenets, attacks=(FGSM(), FGSM()))
    lenets.weights["fc1.bias"].data[2] = float("inf")
    with pytest.raises(InputError, match="member 2"):
        run(lenets)


def test_probe_agrees_with_an_evaluation_under_the_same_attack(lenets):
    """The probe's accuracy counts an image that the attack happened to set right; robust accuracy does not."""
    outcomes, _ = run(lenets, attacks=(LinfBIM(steps=4),))
    images, labels = torch.from_numpy(IMAGES.astype(np.float32) / 255).double(), torch.from_numpy(LABELS)
    probed = probed_accuracy(lenets, images, labels, LinfBIM(steps=4), THREAT, STD, 0)
    assert probed.tolist() == [(outcomes[k, "linf-bim"].predictions == LABELS).mean() for k in range(3)]


def test_probe_leaves_no_trace_and_repeats(lenets):
    images, labels = torch.from_numpy(IMAGES / 255.0), torch.from_numpy(LABELS)
    lenets.train()
    state = torch.get_rng_state()
    first = probed_accuracy(lenets, images, labels, training_attack(4), THREAT, STD, 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert lenets.training and all(value.grad is None and value.requires_grad for value in lenets.weights.values())
    assert (probed_accuracy(lenets, images, labels, training_attack(4), THREAT, STD, 0) == first).all()


def test_probe_says_nan_for_a_diverged_member_and_knows_the_others(lenets):
    images, labels = torch.from_numpy(IMAGES / 255.0), torch.from_numpy(LABELS)
    before = probed_accuracy(lenets, images, labels, training_attack(4), THREAT, STD, 0)
    lenets.weights["conv1.weight"].data[1] = float("inf")
    after = probed_accuracy(lenets, images, labels, training_attack(4), THREAT, STD, 0)
    assert np.isnan(after[1]) and after[0] == before[0] and after[2] == before[2]


def test_equal_weights_in_another_network_share_no_cached_images(tmp_path):
    """LeNets with one set of weights and two normalizations are two functions."""
    images = np.random.default_rng(0).random((6, 1, 28, 28), dtype=np.float32)
    labels, threat = np.arange(6), ThreatModel(norm="linf", epsilon=0.3, unit="pixel")
    cache = AdversarialCache(tmp_path)

    def attacked(mean: float, cache: AdversarialCache | None) -> np.ndarray:
        stack = Stack.of([build_model("lenet", 0, (1, 28, 28), 10, (mean,), (0.3,))])
        outcome = next(evaluate(stack, images, labels, range(6), [FGSM()], threat, (0.3,), 0, cache))
        return outcome.adversarial_images

    first, second = attacked(0.1, cache), attacked(0.9, cache)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, attacked(0.9, None))
    np.testing.assert_array_equal(first, attacked(0.1, cache))
