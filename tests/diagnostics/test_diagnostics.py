"""All rules at their limits; networks built to fail are detected, and plain networks are not."""

import copy
from collections.abc import Callable
from functools import cached_property
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from engine.attacks.configs import FGSM, CarliniWagner
from engine.attacks.threat import ThreatModel
from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from engine.diagnostics.attempt import Attempt
from engine.diagnostics.check import check
from engine.diagnostics.checks import CHECKS, diagnose
from engine.diagnostics.effort import Effort
from engine.diagnostics.evidence import Evidence, NotRun
from engine.diagnostics.examination import Examination, Reference
from engine.diagnostics.finding import Diagnosis, Finding
from engine.diagnostics.wrapper import DividedByMargin, Predictions, Watched
from engine.models.stack import describe
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.cache import AdversarialCache
from engine.robustness.meter import unreported
from engine.robustness.report import AttackResult, RobustnessReport
from engine.runs.load_network import load_network
from engine.runs.store import SHIPPED, RunStore
from tests.diagnostics.failing_models import Collapsed, Noisy, Overshot, Probabilities, Quantized, Scaled, Steep

STD = (0.3081,)
THREAT = ThreatModel(epsilon=0.3)
QUICK = Effort(steps=30, starts=2, tried=30, shown=30, queries=150, queried=20, noises=250, noised=8, far_steps=60)
UNCACHED = AdversarialCache()
BY_NAME = {check.name: check for check in CHECKS}


SHIPPED_RUNS = {"std": "mnist-std-55675b1d8a", "adv": "mnist-adv-9a84f26e80"}


def shipped(variant: str) -> nn.Module:
    return load_network(RunStore(SHIPPED), SHIPPED_RUNS[variant], "cpu")


@pytest.fixture(scope="module")
def std() -> nn.Module:
    return shipped("std")


@pytest.fixture(scope="module")
def examine(tmp_path_factory) -> Callable[..., Examination]:
    """(network, **options) -> an examination on 100 test images, with small attacks by default."""
    data = load_dataset("mnist-mini", tmp_path_factory.mktemp("no-data"))
    shared = AdversarialCache(tmp_path_factory.mktemp("cache"))

    def built(
        network: nn.Module, n: int = 100, threat: ThreatModel = THREAT, cache=shared, progress=unreported, **options
    ) -> Examination:
        ids = stratified_ids(data.test_labels, n)
        images, labels = data.test_images[ids], data.test_labels[ids]
        setup = AttackSetup(
            network=network,
            images=images,
            labels=labels,
            threat=threat,
            std=STD,
            seed=0,
            cache=cache,
            progress=progress,
        )
        return Examination(setup, **({"effort": QUICK} | options))

    return built


def verdicts(diagnosis: Diagnosis) -> dict[str, str]:
    return {finding.name: finding.verdict for finding in diagnosis.findings}


@pytest.mark.parametrize("variant", ["std", pytest.param("adv", marks=pytest.mark.slow)])
def test_plain_and_adversarially_trained_networks_are_not_accused(variant, examine, std):
    other = Reference("std of another seed", std) if variant == "adv" else None
    diagnosis = diagnose(examine(shipped(variant), 60, reference=other), 60)
    assert diagnosis.is_trustworthy, diagnosis.having("failed")
    assert len(diagnosis.having("ok")) >= 12
    without_report = {"worst_case", "minimum_norm", "upper_bound"}
    not_run = {finding.name for finding in diagnosis.having("not run")}
    assert not_run == without_report | (set() if other else {"transfer"})


@pytest.mark.parametrize(
    ("kind", "settings", "causes"),
    [
        (Scaled, (1000.0,), {"zero_gradient", "saturation", "logit_scale"}),
        pytest.param(Quantized, (4,), {"zero_gradient"}, marks=pytest.mark.slow),
        pytest.param(Steep, (), {"zero_gradient"}, marks=pytest.mark.slow),
        pytest.param(Noisy, (1e-2,), {"deterministic"}, marks=pytest.mark.slow),
        pytest.param(Probabilities, (), {"logits"}, marks=pytest.mark.slow),
        (Collapsed, (), {"zero_gradient", "unbounded"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_models_built_to_fail_are_caught_for_their_reason(kind, settings, causes, examine, std):
    diagnosis = diagnose(examine(kind(std, *settings), 40), 40)
    assert not diagnosis.is_trustworthy
    assert causes <= {finding.name for finding in diagnosis.having("failed")}


@pytest.mark.slow
def test_controls_at_the_full_effort(examine, std):
    """At 0.3 in pixels no image of a plain network survives; with logits times 100, many seem to survive."""
    threat = ThreatModel(epsilon=0.3, unit="pixel")
    plain = examine(std, 200, threat, effort=Effort())
    assert diagnose(plain, 200).is_trustworthy
    assert plain.white_box.mean() <= 0.02
    large = diagnose(examine(Scaled(std, 100.0), 200, threat, effort=Effort(queried=40, noises=1000)), 200)
    assert {"zero_gradient", "logit_scale", "black_box"} <= {finding.name for finding in large.having("failed")}


def test_evidence_is_paired_and_only_loses_images(examine, std):
    seen: list[float] = []
    found = examine(
        std, 80, reference=Reference("itself", std), progress=lambda told, message: seen.append(told), cache=UNCACHED
    )
    assert (found.pgd_path <= found.pgd).all() and (found.pgd <= found.correct).all()
    assert (found.white_box <= found.pgd_path).all() and (found.unbroken <= found.white_box).all()
    np.testing.assert_array_equal(found.transferred, found.pgd)
    for attempt in (found.doubled, found.restarted, found.queried, found.noised):
        assert (attempt.broken <= attempt.tried).all() and (attempt.tried <= found.white_box).all()
    assert (found.noised.n_tried, found.queried.n_tried) == (QUICK.noised, QUICK.queried)
    assert found.doubled.n_tried == min(QUICK.tried, found.white_box.sum())
    assert found.n_invalid == 0
    assert list(found.accuracy_by_share) == sorted(found.accuracy_by_share)
    assert seen == sorted(seen) and 0.0 <= seen[0] < 0.01 and 0.5 < seen[-1] <= 1.0


def test_everything_repeats(examine, std):
    def arrays(examination: Examination) -> list[np.ndarray]:
        attempts = (examination.scaled, examination.ratio, examination.noised)
        return [examination.white_box, *(attempt.broken for attempt in attempts)]

    for first, second in zip(
        arrays(examine(std, 40, cache=UNCACHED)), arrays(examine(std, 40, cache=UNCACHED)), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_progress_can_end_the_work_anywhere(examine, std):
    ends = False

    def stop(fraction: float, message: str) -> None:
        if ends:
            raise InterruptedError

    examination = examine(std, 20, progress=stop, cache=UNCACHED)
    assert examination.white_box.any()
    ends = True
    with pytest.raises(InterruptedError):
        _ = examination.fgsm
    with pytest.raises(InterruptedError):
        _ = examination.noised


def test_images_that_only_the_path_breaks_are_found():
    """Every image crosses the band in which it is adversarial, and ends beyond it."""
    grey = np.full((6, 1, 6, 6), 0.5, np.float32)
    threat = ThreatModel(epsilon=0.1, unit="pixel")
    effort = Effort(steps=20)
    setup = AttackSetup(network=Overshot(), images=grey, labels=np.ones(6, int), threat=threat, std=(1.0,), seed=0)
    found = Examination(setup, effort=effort)
    assert found.correct.all() and found.pgd.all() and not found.pgd_path.any()
    finding = BY_NAME["silent_success"](found)
    assert (finding.verdict, finding.values["lost"]) == ("suspicious", 6)


def test_an_evaluation_too_weak_for_its_number_is_caught(examine, std):
    strong = examine(std)
    weak, honest = strong.fgsm, strong.unbroken
    assert weak.sum() > honest.sum() + 1
    strong.worst_case = weak
    finding = BY_NAME["upper_bound"](strong)
    assert finding.verdict == "failed"
    assert (finding.values["reported"], finding.values["at_most"]) == (weak.mean(), honest.mean())
    strong.worst_case = honest
    assert BY_NAME["upper_bound"](strong).verdict == "ok"


def test_an_l2_threat_runs_what_fits_it(examine, std):
    found = verdicts(diagnose(examine(std, 30, ThreatModel(norm="l2", epsilon=0.5, unit="pixel")), 30))
    unfit = {"one_step", "restarts", "loss", "black_box"}
    assert {name for name, verdict in found.items() if verdict == "not run"} == unfit | {
        "worst_case", "minimum_norm", "upper_bound", "transfer",
    }  # fmt: skip
    assert {found[name] for name in ("valid", "converged", "monotone", "logit_scale", "random_search")} == {"ok"}


# Rules at their limits: the evidence is made of numbers, without a network.


def part(n: int, count: int) -> np.ndarray:
    """(n,) bool, the first `count` True."""
    return np.arange(n) < count


def attempt(broken: int, tried: int = 100, share: float = 1.0) -> Attempt:
    return Attempt(part(1000, tried), part(1000, broken), share)


def verdict(name: str, **evidence) -> str:
    finding = BY_NAME[name](
        SimpleNamespace(reference_name=None, report=None, worst_case=None, effort=Effort(), **evidence)
    )
    assert finding.evidence.endswith(".") and all(np.isfinite(list(finding.values.values())))
    return finding.verdict


@pytest.mark.parametrize(("moved", "expected"), [(0.0, "ok"), (0.9e-4, "ok"), (1.1e-4, "failed")])
def test_deterministic(moved, expected):
    passes = np.full((5, 3, 10), -10.0)
    passes[3, 1, 2] += moved
    assert verdict("deterministic", forwards=passes) == expected


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [([0.2, 0.8], "failed"), ([0.2, 0.7], "ok"), ([-0.1, 1.1], "ok"), ([0.0, 1.0], "failed"), ([3.0, -2.0], "ok")],
)
def test_logits(outputs, expected):
    assert verdict("logits", forwards=np.array([[outputs, outputs]])) == expected


def test_one_image_that_looks_like_probabilities_is_no_softmax():
    assert verdict("logits", forwards=np.array([[[0.2, 0.8], [5.0, -3.0]]])) == "ok"


@pytest.mark.parametrize(("zero", "expected"), [(0, "ok"), (1, "suspicious"), (10, "suspicious"), (11, "failed")])
def test_zero_gradient(zero, expected):
    """Zero gradients of misclassified images do not count."""
    sizes, correct = np.where(part(1200, zero), 0.0, 1e-30), part(1200, 1000)
    sizes[1000:] = 0.0
    assert verdict("zero_gradient", gradient_sizes=sizes, correct=correct) == expected


@pytest.mark.parametrize(
    ("certain", "expected"), [(100, "ok"), (101, "suspicious"), (500, "suspicious"), (501, "failed")]
)
def test_saturation(certain, expected):
    """In float32, a margin of 20 rounds to a probability of 1; a margin of 14 does not."""
    outputs = np.zeros((1000, 2), np.float32)
    outputs[:, 0] = np.where(part(1000, certain), 20.0, 14.0)
    assert verdict("saturation", forwards=outputs[None], correct=part(1000, 1000)) == expected


@pytest.mark.parametrize("name", ["zero_gradient", "saturation"])
def test_without_a_correct_image_there_is_nothing_to_say(name):
    evidence = {"gradient_sizes": np.zeros(4), "forwards": np.zeros((5, 4, 10)), "correct": np.zeros(4, bool)}
    assert verdict(name, **evidence) == "not run"


@pytest.mark.parametrize(
    ("name", "evidence", "limits"),
    [
        ("logit_scale", "scaled", {5: "ok", 6: "suspicious", 50: "suspicious", 51: "failed"}),
        ("loss", "ratio", {20: "ok", 21: "suspicious", 1000: "suspicious"}),
        ("black_box", "queried", {0: "ok", 1: "suspicious", 2: "suspicious", 3: "failed"}),
        ("converged", "doubled", {10: "ok", 11: "failed"}),
        ("restarts", "restarted", {10: "ok", 11: "suspicious", 20: "suspicious", 21: "failed"}),
    ],
)
def test_what_another_attack_may_find(name, evidence, limits):
    for broken, expected in limits.items():
        assert verdict(name, **{evidence: attempt(broken, 1000)}) == expected, broken


def test_the_share_of_all_survivors_is_estimated_from_those_tried():
    """If 10 of 100 survivors are broken and half of all images survive, 0.05 of all are lost."""
    assert attempt(10, 100, 0.5).lowers == pytest.approx(0.05)
    assert verdict("converged", doubled=attempt(2, 100, 0.5)) == "ok"
    assert verdict("converged", doubled=attempt(2, 100, 0.6)) == "failed"


@pytest.mark.parametrize(
    ("pgd", "fgsm", "expected"),
    [
        (part(1000, 500), part(1000, 700), "ok"),
        (part(1000, 505), part(1000, 500), "ok"),
        (part(1000, 506), part(1000, 500), "failed"),
        (part(1000, 510), ~part(1000, 10), "ok"),
        (part(1000, 510), ~part(1000, 11), "suspicious"),
    ],
)
def test_one_step(pgd, fgsm, expected):
    assert verdict("one_step", pgd_path=pgd, fgsm=fgsm) == expected


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        (part(1000, 500), "ok"),
        (part(1000, 499), "failed"),
        (~part(1000, 5), "ok"),
        (~part(1000, 6), "suspicious"),
    ],
)
def test_transfer(moved, expected):
    assert verdict("transfer", transferred=moved, white_box=part(1000, 500)) == expected


@pytest.mark.parametrize(
    ("broken", "tried", "expected"),
    [(0, 100, "ok"), (1, 100, "suspicious"), (2, 100, "failed"), (1, 99, "failed")],
)
def test_random_search(broken, tried, expected):
    assert verdict("random_search", noised=attempt(broken, tried)) == expected


@pytest.mark.parametrize(
    ("half", "one", "expected"), [(0.13, 0.01, "ok"), (0.14, 0.0, "failed"), (0.0, 0.02, "failed")]
)
def test_unbounded(half, one, expected):
    assert verdict("unbounded", far_accuracy={0.5: half, 1.0: one}) == expected


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ((0.9, 0.5, 0.2, 0.0), "ok"),
        ((0.9, 0.5, 0.505, 0.0), "ok"),
        ((0.9, 0.5, 0.506, 0.0), "failed"),
        ((0.5, 0.503, 0.506, 0.1), "failed"),
        ((0.2, 0.2, 0.2, 0.2), "ok"),
    ],
)
def test_monotone(accuracies, expected):
    """A rise in two small steps counts as a rise."""
    shares = dict(zip((0.5, 1.0, 1.5, 2.0), accuracies, strict=True))
    assert verdict("monotone", accuracy_by_share=shares) == expected


@pytest.mark.parametrize(("lost", "expected"), [(0, "ok"), (1, "suspicious")])
def test_silent_success(lost, expected):
    assert verdict("silent_success", pgd=part(1000, 500), pgd_path=part(1000, 500 - lost)) == expected


@pytest.mark.parametrize(("reported", "expected"), [(510, "ok"), (511, "failed"), (400, "ok"), (0, "ok")])
def test_upper_bound(reported, expected):
    evidence = {"worst_case": part(1000, reported), "unbroken": part(1000, 500)}
    finding = BY_NAME["upper_bound"](SimpleNamespace(**evidence))
    assert finding.verdict == expected
    assert finding.values["broken"] == max(0, reported - 500)


def result(attack, robust_accuracy: float, n_found: int | None = None) -> AttackResult:
    return AttackResult(
        attack=attack, threat=None if attack.minimizes else THREAT, n=100, n_attackable=90, n_invalid=0,
        n_found=n_found, robust_accuracy=robust_accuracy, attack_success_rate=0.5, largest_linf=0.09, largest_l2=1.0,
        median_l2=0.8 if n_found else None, seconds=1.0,
    )  # fmt: skip


def report(*results: AttackResult, robust_accuracy: float = 0.5, clean_accuracy: float = 0.9) -> RobustnessReport:
    return RobustnessReport(
        threat=THREAT, pixel_epsilon=(0.09,), seed=0, sample_ids=tuple(range(100)), clean_accuracy=clean_accuracy,
        robust_accuracy=robust_accuracy, attacks=results,
    )  # fmt: skip


def verdict_on(name: str, judged: RobustnessReport, worst_case: np.ndarray | None = None, **evidence) -> str:
    return BY_NAME[name](SimpleNamespace(report=judged, worst_case=worst_case, **evidence)).verdict


@pytest.mark.parametrize(
    ("judged", "recounted", "expected"),
    [
        (report(result(FGSM(), 0.5)), None, "ok"),
        (report(result(FGSM(), 0.5)), 50, "ok"),
        (report(result(FGSM(), 0.5)), 51, "failed"),
        (report(result(FGSM(), 0.4)), None, "failed"),
        (report(result(FGSM(), 0.95)), None, "failed"),
        (report(result(CarliniWagner(), 0.1, 80), result(FGSM(), 0.6)), None, "ok"),
    ],
)
def test_worst_case(judged, recounted, expected):
    """The accuracy under cw alone counts perturbations of every size, so it can be below robust accuracy."""
    assert verdict_on("worst_case", judged, None if recounted is None else part(100, recounted)) == expected


@pytest.mark.parametrize(("found", "expected"), [(90, "ok"), (89, "suspicious"), (0, "suspicious")])
def test_minimum_norm(found, expected):
    assert verdict_on("minimum_norm", report(result(CarliniWagner(), 0.5, found))) == expected
    assert verdict_on("minimum_norm", report(result(FGSM(), 0.5))) == "not run"


@pytest.mark.parametrize(("of_report", "own", "expected"), [(0, 0, "ok"), (1, 0, "failed"), (0, 1, "failed")])
def test_valid(of_report, own, expected):
    judged = report(result(FGSM(), 0.5).model_copy(update={"n_invalid": of_report}))
    assert verdict_on("valid", judged, n_invalid=own) == expected


@pytest.mark.parametrize("name", ["worst_case", "minimum_norm", "upper_bound"])
def test_what_speaks_of_an_evaluation_needs_one(name):
    assert verdict(name) == "not run"


# The records, and the rules and plans behind them.


def test_rule_and_source_come_from_the_docstring():
    assert len({each.name for each in CHECKS}) == len({each.title for each in CHECKS}) == len(CHECKS) == 19
    for each in CHECKS:
        assert each.rule.endswith(".") and each.source.endswith(".") and "\n" not in each.rule + each.source

    @check("Title")
    def named(examination):
        """First line,
        second line.

        Source: somebody,
        somewhere.
        """
        raise NotRun("There is none")

    finding = named(SimpleNamespace())
    assert (finding.rule, finding.source) == ("First line, second line.", "somebody, somewhere.")
    assert (finding.name, finding.title, finding.verdict) == ("named", "Title", "not run")
    assert finding.evidence == "There is none."
    with pytest.raises(ValueError, match="Source"):
        check("Title")(lambda examination: None)


@pytest.mark.parametrize(
    ("found", "is_trustworthy", "words"),
    [
        (("ok", "ok", "not run"), True, "No sign of masking found."),
        (("ok", "suspicious", "suspicious"), True, "2 checks found something suspicious"),
        (("ok", "suspicious", "failed"), False, "1 check failed: read the number as an upper bound."),
        (("not run",), True, "No check could be run"),
    ],
)
def test_the_diagnosis_in_a_sentence(found, is_trustworthy, words):
    findings = tuple(
        Finding(name=str(i), title="", verdict=verdict, rule="", source="", evidence="", values={"share": 0.5, "n": 3})
        for i, verdict in enumerate(found)
    )
    diagnosis = Diagnosis(threat=THREAT, samples=5, seed=0, n=5, findings=findings)
    assert diagnosis.is_trustworthy == is_trustworthy
    assert words in diagnosis.sentence and "robust" not in diagnosis.sentence
    assert Diagnosis.model_validate_json(diagnosis.model_dump_json()) == diagnosis


def test_wrapped_networks_predict_the_same_and_are_told_apart(std):
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    path = Predictions()
    scaled, seen = DividedByMargin(std), Watched(std, path)
    plain = std(images)
    top = scaled(images).topk(2).values
    torch.testing.assert_close(top[:, 0] - top[:, 1], torch.ones(4))
    assert torch.equal(scaled(images).argmax(1), plain.argmax(1))
    copy.deepcopy(seen)(images)
    assert len(path) == 1 and torch.equal(path[0], plain.argmax(1))
    assert len({describe(network) for network in (std, scaled, seen)}) == 3


def test_which_part_of_the_work_is_planned():
    plan = Effort().plan(1000, "linf", transfers=True)
    assert plan["transferred"] > 0 == Effort().plan(1000, "linf", transfers=False)["transferred"]
    assert plan["pgd"] == 1000 * 100 and Effort().plan(10, "linf", transfers=True)["doubled"] == 10 * 200


def test_an_examination_is_the_evidence_that_checks_read(examine, std):
    """An examination has every attribute of the protocol; attributes that need an attack are not computed."""
    examination = examine(std, 10)
    names = {name for name, value in vars(Evidence).items() if isinstance(value, property | cached_property)}
    assert len(names) > 15 and names <= {*dir(type(examination)), *vars(examination)}
