"""Each claim on made-up runs whose differences are known."""

import pytest

from engine.attacks.catalog import PAPER_ATTACKS, STRONG_ATTACKS
from engine.attacks.threat import ThreatModel
from engine.diagnostics.finding import Diagnosis, Finding
from engine.paper.claims import CLAIMS, MARGIN, judge_claims
from engine.paper.setting import SETTINGS

SEEDS = (0, 1, 2)


def unchecked(run_id):
    return None


def claims(archive, diagnosis_of=unchecked):
    found = judge_claims(archive.evidence(), diagnosis_of)
    assert [claim.number for claim in found] == list(CLAIMS)
    assert [claim.words for claim in found] == list(CLAIMS.values())
    return {claim.number: claim for claim in found}


def verdicts(claim):
    return [statement.verdict for statement in claim.statements]


def weights(archive, std, adv, min_max, seeds=SEEDS):
    """Fuzziness (and near-zero counts, ten times as fine) of three variants, with a spread over seeds."""
    for seed in seeds:
        for variant, (fuzziness, near_zero) in {"std": std, "adv": adv, "min-max": min_max}.items():
            shift = seed * {"std": 1, "adv": -1, "min-max": -2}[variant]
            archive.add(variant, seed, fuzziness=fuzziness + 0.001 * shift, near_zero=near_zero + shift)
    return archive


def test_claims_about_weights_supported(archive):
    found = claims(weights(archive, (0.4, 10), (0.2, 90), (0.01, 140)))
    assert [found[number].verdict for number in (1, 2)] == ["supported", "supported"]
    fuzzier, more = found[1].statements
    assert (fuzzier.unit, more.unit) == ("nats", "weights")
    assert fuzzier.difference is not None and fuzzier.difference.difference == pytest.approx(0.2 + 0.002)
    assert more.difference is not None and more.difference.difference == pytest.approx(80 - 2)
    assert fuzzier.difference.n == 3 and len(found[1].run_ids) == 6
    assert set(fuzzier.run_ids) == set(more.run_ids) == set(found[1].run_ids)


def test_claims_about_weights_contradicted(archive):
    found = claims(weights(archive, (0.2, 90), (0.4, 10), (0.3, 20)))
    assert verdicts(found[1]) == ["contradicted", "contradicted"]
    assert verdicts(found[2]) == ["contradicted", "supported"]
    assert found[2].verdict == "contradicted", "one statement is enough"


def test_no_run_and_one_seed_are_not_enough(archive):
    assert {claim.verdict for claim in claims(archive).values()} == {"not decided"}
    found = claims(weights(archive, (0.4, 10), (0.2, 90), (0.01, 140), seeds=(3,)))
    (first, _) = found[1].statements
    assert first.verdict == "not decided" and first.difference is not None
    assert (first.difference.n, first.difference.low) == (1, None)
    assert first.difference.difference == pytest.approx(0.2 + 0.006)


def test_only_seeds_that_both_have_count(archive):
    weights(archive, (0.4, 10), (0.2, 90), (0.01, 140))
    archive.add("std", 9, fuzziness=7.0)
    (first, _) = claims(archive)[1].statements
    assert first.difference is not None and first.difference.n == 3
    assert first.difference.difference == pytest.approx(0.202)


def test_seeds_without_any_spread_have_no_interval(archive):
    for seed in SEEDS:
        archive.add("std", seed, fuzziness=0.4)
        archive.add("adv", seed, fuzziness=0.2)
    (first, _) = claims(archive)[1].statements
    assert first.verdict == "not decided"
    assert first.difference is not None and (first.difference.n, first.difference.low) == (3, None)


def test_an_interval_around_0_decides_nothing(archive):
    for seed, (std, adv) in enumerate([(0.4, 0.1), (0.3, 0.31), (0.2, 0.25)]):
        archive.add("std", seed, fuzziness=std)
        archive.add("adv", seed, fuzziness=adv)
    assert verdicts(claims(archive)[1])[0] == "not decided"


@pytest.mark.parametrize(("lost", "verdict"), [(None, "supported"), ("l2-bim", "contradicted")])
def test_claim_3_wants_every_attack(archive, lost, verdict):
    for seed in SEEDS:
        for variant, accuracy in (("std", 0.5), ("min-max", 0.8)):
            run_id = archive.add(variant, seed)
            sign = 1 if variant == "std" else -1
            found = {name: accuracy + 0.01 * sign * seed for name in PAPER_ATTACKS}
            if lost and variant == "min-max":
                found[lost] = 0.3
            archive.attack(run_id, found)
    claim = claims(archive)[3]
    assert claim.verdict == verdict and len(claim.statements) == 6
    wanted = ["contradicted" if name == lost else "supported" for name in PAPER_ATTACKS]
    assert verdicts(claim) == wanted


def test_an_attack_that_leaves_nothing_of_either_is_left_out(archive):
    for seed in SEEDS:
        for variant, accuracy in (("std", 0.5), ("min-max", 0.8)):
            sign = 1 if variant == "std" else -1
            found = {name: accuracy + 0.01 * sign * seed for name in PAPER_ATTACKS} | {"cw": 0.0}
            archive.attack(archive.add(variant, seed), found)
    claim = claims(archive)[3]
    assert claim.verdict == "supported" and len(claim.statements) == 5
    assert claim.note == "Left out, since no image survives it in either variant: CW."
    assert not any("CW" in statement.words for statement in claim.statements)
    survivor = archive.evidence().runs["min-max"][2].run_id
    archive.attack(survivor, dict.fromkeys(PAPER_ATTACKS, 0.8) | {"cw": 0.01})
    claim = claims(archive)[3]
    assert (claim.verdict, len(claim.statements), claim.note) == ("not decided", 6, ""), "something survived"


def test_claim_4_statement_by_statement(full_archive):
    accuracies = {"std": 0.5, "std+l1": 0.505, "std+l2": 0.6, "adv": 0.9, "min-max": 0.8}
    noise = (0.0, 0.0005, 0.001)
    assert claims(full_archive(noise, accuracies))[4].verdict == "supported"
    l1_helps = claims(full_archive(noise, accuracies | {"std+l1": 0.7}))[4]
    assert verdicts(l1_helps) == ["contradicted", "supported", "supported", "supported"]
    assert l1_helps.statements[0].region == (None, MARGIN)
    l2_best = claims(full_archive(noise, accuracies | {"std+l2": 0.85}))[4]
    assert verdicts(l2_best) == ["supported", "supported", "supported", "contradicted"]


def test_claim_4_takes_seeds_with_all_six_attacks(full_archive):
    archive = full_archive((0.0, 0.001), {"std": 0.5, "std+l1": 0.5, "std+l2": 0.6, "adv": 0.9, "min-max": 0.8})
    archive.attack(archive.add("std+l1", 2), {"fgsm": 0.9})
    archive.add("std", 2, 0.5)
    first = claims(archive)[4].statements[0]
    assert first.difference is not None and first.difference.n == 2


@pytest.mark.parametrize(
    ("dataset", "price", "verdict"),
    [
        ("mnist", 0.005, "supported"),
        ("mnist", -0.01, "supported"),
        ("mnist", 0.04, "contradicted"),
        ("mnist", 0.02, "not decided"),
        ("cifar10", 0.07, "supported"),
        ("cifar10", 0.01, "contradicted"),
        ("cifar10", 0.12, "contradicted"),
        ("cifar10", 0.05, "not decided"),
    ],
)
def test_claim_5_on_both_data_sets(archive, dataset, price, verdict):
    archive.setting = SETTINGS[dataset]
    for seed in SEEDS:
        archive.add("std", seed, clean=0.9 + 0.001 * seed)
        archive.add("min-max", seed, clean=0.9 - price)
    claim = claims(archive)[5]
    assert claim.verdict == verdict
    (statement,) = claim.statements
    assert statement.difference is not None and statement.difference.difference == pytest.approx(price + 0.001)


def diagnosis(*found):
    findings = tuple(
        Finding(name=name, title=name.title(), verdict=verdict, rule="", source="", evidence="", values={})
        for name, verdict in found
    )
    return Diagnosis(threat=ThreatModel(), samples=10, seed=0, n=10, findings=findings)


def hard_pressed(archive, strong=tuple(STRONG_ATTACKS), min_max=0.7):
    for seed in SEEDS:
        for variant, worst in (("std", 0.3), ("min-max", min_max)):
            sign = 1 if variant == "std" else -1
            run_id = archive.add(variant, seed)
            archive.attack(run_id, dict.fromkeys((*PAPER_ATTACKS, *strong), 0.9), worst=worst + 0.01 * sign * seed)
    return archive


def test_claim_6_survives(archive):
    passed = diagnosis(("one", "ok"), ("two", "suspicious"), ("three", "not run"))
    claim = claims(hard_pressed(archive), lambda run_id: passed)[6]
    assert claim.verdict == "supported"
    worst, checks = claim.statements
    assert worst.difference is not None and worst.difference.difference == pytest.approx(0.4 - 0.02)
    assert checks.difference is None and checks.note == "Runs checked: 3." and len(checks.run_ids) == 3


def test_one_failed_check_contradicts(archive):
    hard_pressed(archive)
    failing = archive.evidence().runs["min-max"][1].run_id
    claim = claims(archive, lambda run_id: diagnosis(("bad", "failed" if run_id == failing else "ok")))[6]
    assert claim.verdict == "contradicted"
    assert claim.statements[1].note == "Failing: Bad, on 1 of 3 checked runs."


@pytest.mark.parametrize("found", [None, diagnosis(("one", "not run"))])
def test_unchecked_runs_do_not_pass(archive, found):
    checks = claims(hard_pressed(archive), lambda run_id: found)[6].statements[1]
    assert (checks.verdict, checks.note, checks.run_ids) == ("not decided", "No run was checked.", ())


def test_worst_cases_need_the_same_attacks_and_all_strong_ones(archive):
    weak = hard_pressed(archive, strong=tuple(STRONG_ATTACKS)[:3])
    assert claims(weak)[6].statements[0].difference is None
    run_id = archive.evidence().runs["std"][0].run_id
    archive.attack(run_id, dict.fromkeys((*PAPER_ATTACKS, *STRONG_ATTACKS), 0.9), worst=0.3)
    run_id = archive.evidence().runs["min-max"][0].run_id
    archive.attack(run_id, dict.fromkeys((*PAPER_ATTACKS, *STRONG_ATTACKS, "deepfool"), 0.9), worst=0.7)
    assert claims(archive)[6].statements[0].difference is None, "attacked with other attacks"
    archive.attack(run_id, dict.fromkeys((*PAPER_ATTACKS, *STRONG_ATTACKS), 0.9), worst=0.7)
    difference = claims(archive)[6].statements[0].difference
    assert difference is not None and (difference.n, difference.difference) == (1, pytest.approx(0.4))
