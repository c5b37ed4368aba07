"""The paper's claims and one of this project, tested with the runs of a store. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.attacks.catalog import PAPER_ATTACKS, STRONG_ATTACKS
from engine.diagnostics.finding import Diagnosis
from engine.paper.evidence import NEAR_ZERO, Evidence, Values
from engine.paper.statement import Statement, Verdict, above, judged_statement
from engine.paper.tables import FUZZINESS, NO_ATTACK, PRINTED_NAMES
from engine.runs.variants import VARIANTS

CLAIMS = {
    1: "Adversarial training lowers the fuzziness of the first convolution and raises its near-zero count.",
    2: "Min-Max lowers the fuzziness further, without adversarial training.",
    3: "Min-Max has a higher robust accuracy than Std under all six attacks.",
    4: "L1 alone does not help; L2 alone helps a little; together they help most.",
    5: "The price is clean accuracy: small on MNIST, about 7 points on CIFAR-10.",
    6: "The gain is real, not gradient masking: it survives attacks without gradients and every check. (Our question.)",
}

RULE = (
    "Every claim consists of statements about a difference between two variants over the seeds that both have. A "
    "statement is supported if the 95 % interval of the paired t-test is entirely in the stated range, and "
    "contradicted if it is entirely outside. Otherwise it is not decided; this includes fewer than two seeds, "
    "and seeds that all have the same difference, for which there is no interval. A claim is supported if all its "
    "statements are, and contradicted if one of them is. An attack that no image survives in either variant, such as "
    "CW on CIFAR-10 (in the paper too), cannot distinguish them and is left out. Checks for gradient masking are "
    "counted instead: one failed check on one run contradicts, and two or more checked runs without one support."
)

MARGIN = 0.02
"""Largest difference in accuracy that counts as "small" or as "does not help"."""

CIFAR_PRICE = (0.05, 0.09)
"""Range of losses in accuracy that count as "about 7 points"."""


@dataclass(frozen=True)
class JudgedClaim:
    """A claim on one data set with its statements; note: the attacks that were left out."""

    number: int
    dataset: str
    statements: tuple[Statement, ...]
    note: str = ""

    @property
    def words(self) -> str:
        return CLAIMS[self.number]

    @property
    def verdict(self) -> Verdict:
        """Verdict on the claim by RULE."""
        found = {statement.verdict for statement in self.statements}
        if "contradicted" in found:
            return "contradicted"
        return "supported" if found == {"supported"} else "not decided"

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Ids of all runs that the claim was tested with, each once."""
        return tuple(dict.fromkeys(run_id for statement in self.statements for run_id in statement.run_ids))


def judge_claims(evidence: Evidence, diagnosis_of: Callable[[str], Diagnosis | None]) -> list[JudgedClaim]:
    """The six claims on the evidence's data set.

    Args:
        diagnosis_of: run_id -> checks of its robust accuracy under the evidence's protocol, or None.
    """
    of = evidence.values
    fuzzy = {variant: of(variant, FUZZINESS) for variant in ("std", "adv", "min-max")}
    attacks = {attack: name for attack, name in PRINTED_NAMES.items() if attack in PAPER_ATTACKS}
    deadly = [attack for attack in attacks if all(_all_zero(of(variant, attack)) for variant in ("std", "min-max"))]
    left_out = ", ".join(attacks[attack] for attack in deadly)
    statements = {
        1: [
            above("Std is fuzzier than Adv", fuzzy["std"], fuzzy["adv"], "nats"),
            above("Adv has more weights near zero than Std", of("adv", NEAR_ZERO), of("std", NEAR_ZERO), "weights"),
        ],
        2: [
            above("Std is fuzzier than Min-Max", fuzzy["std"], fuzzy["min-max"], "nats"),
            above("Adv is fuzzier than Min-Max", fuzzy["adv"], fuzzy["min-max"], "nats"),
        ],
        3: [
            above(f"Min-Max is above Std under {name}", of("min-max", attack), of("std", attack), "points")
            for attack, name in attacks.items()
            if attack not in deadly
        ],
        4: _together(evidence),
        5: [_price(evidence)],
        6: [_survives(evidence), _passes_checks(evidence, diagnosis_of)],
    }
    notes = {3: f"Left out, since no image survives it in either variant: {left_out}."} if deadly else {}
    dataset = evidence.setting.dataset
    return [JudgedClaim(number, dataset, tuple(found), notes.get(number, "")) for number, found in statements.items()]


def _all_zero(values: Values) -> bool:
    return bool(values.by_seed) and not any(values.by_seed.values())


def _together(evidence: Evidence) -> list[Statement]:
    """Statements of claim 4, on the mean accuracy over the six attacks."""
    mean = {variant: _mean_of_attacks(evidence, variant) for variant in ("std", "std+l1", "std+l2", "min-max")}
    words = f"Std+L1 is not above Std by {100 * MARGIN:.0f} points (mean of the six attacks)"
    return [
        judged_statement(words, mean["std+l1"], mean["std"], "points", (None, MARGIN)),
        *(
            above(f"{VARIANTS[first]} is above {VARIANTS[second]} (the same)", mean[first], mean[second], "points")
            for first, second in (("std+l2", "std"), ("min-max", "std+l1"), ("min-max", "std+l2"))
        ),
    ]


def _price(evidence: Evidence) -> Statement:
    """Statement of claim 5, on the whole test set."""
    std, min_max = (evidence.values(variant, NO_ATTACK) for variant in ("std", "min-max"))
    if evidence.setting.dataset == "cifar10":
        low, high = (100 * limit for limit in CIFAR_PRICE)
        words = f"Min-Max loses between {low:.0f} and {high:.0f} points of clean accuracy"
        return judged_statement(words, std, min_max, "points", CIFAR_PRICE)
    words = f"Min-Max loses less than {100 * MARGIN:.0f} points of clean accuracy"
    return judged_statement(words, std, min_max, "points", (None, MARGIN))


def _survives(evidence: Evidence) -> Statement:
    """Statement that Min-Max is above Std in the worst case of attacks with and without gradients."""
    words = f"Min-Max is above Std in the worst case of all attacks, {', '.join(STRONG_ATTACKS)} among them"
    return above(words, _worst_case(evidence, "min-max"), _worst_case(evidence, "std"), "points")


def _passes_checks(evidence: Evidence, diagnosis_of: Callable[[str], Diagnosis | None]) -> Statement:
    """Statement that no check for gradient masking fails on Min-Max."""
    runs = evidence.runs.get("min-max", {}).values()
    made = {run.run_id: diagnosis for run in runs if (diagnosis := diagnosis_of(run.run_id)) is not None}
    found = {run_id: one for run_id, one in made.items() if len(one.having("not run")) < len(one.findings)}
    failed = {run_id: [finding.title for finding in one.having("failed")] for run_id, one in found.items()}
    failing = [titles for titles in failed.values() if titles]
    words = "No check for gradient masking fails on Min-Max"
    if failing:
        names = ", ".join(dict.fromkeys(title for titles in failing for title in titles))
        note = f"Failing: {names}, on {len(failing)} of {len(found)} checked runs."
        return Statement(words, "contradicted", run_ids=tuple(found), note=note)
    note = f"Runs checked: {len(found)}." if found else "No run was checked."
    return Statement(words, "supported" if len(found) > 1 else "not decided", run_ids=tuple(found), note=note)


def _mean_of_attacks(evidence: Evidence, variant: str) -> Values:
    """Mean accuracy over the six attacks, for seeds with all of them."""
    found = [evidence.values(variant, attack) for attack in PAPER_ATTACKS]
    seeds = set.intersection(*(set(values.by_seed) for values in found))
    return _combined(evidence, variant, {s: sum(v.by_seed[s] for v in found) / len(found) for s in sorted(seeds)})


def _worst_case(evidence: Evidence, variant: str) -> Values:
    """Worst-case accuracy for seeds whose Std and Min-Max runs have the same attacks, including all strong ones."""
    met = {
        name: {
            seed: (frozenset(report.robust_accuracy_by_attack), report.robust_accuracy)
            for seed, run in evidence.runs.get(name, {}).items()
            if (report := evidence.reports.get(run.run_id)) is not None
        }
        for name in ("std", "min-max")
    }
    values = {
        seed: accuracy
        for seed, (attacks, accuracy) in met[variant].items()
        if {*STRONG_ATTACKS} <= attacks and all(of.get(seed, (attacks,))[0] == attacks for of in met.values())
    }
    return _combined(evidence, variant, values)


def _combined(evidence: Evidence, variant: str, by_seed: Mapping[int, float]) -> Values:
    return Values(by_seed, {seed: evidence.runs[variant][seed].run_id for seed in by_seed}, evidence.samples)
