"""Numbers in the text of the documents, as the recorded runs give them: phrases that the text must contain."""

from collections.abc import Iterator

from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.distance import Candidate, distance
from engine.paper.evidence import NEAR_ZERO
from engine.paper.tables import FUZZINESS, NO_ATTACK
from engine.robustness.statistics import paired_seeds
from engine.runs.config import RunConfig
from engine.runs.run_files import load_weights
from engine.studies.comparison import compare_runs, read_comparison
from tests.documents.number_format import mean_and_spread, signed
from tests.documents.recorded import CIFAR, CIFAR_SHORT, CLOSEST, FIRST_LAYER, SAMPLES, Recorded, run_ids

VARIANTS = ("std", "std+l1", "std+l2", "adv", "min-max")


def readme(recorded: Recorded) -> Iterator[str]:
    """The paragraph with the answer, and the text around the table."""
    worst = {name: _mean(_worst(recorded, name)) for name in ("std", "min-max")}
    yield f"{worst['min-max']:.2f} against {worst['std']:.2f}"
    yield _thresholds(recorded)
    report = recorded.reports(recorded.first_layer, "std")[0]
    yield f"{report.pixel_epsilon[0]:.4f}"
    yield f"{report.n} "
    adv = recorded.reports(recorded.first_layer, "adv")[0]
    yield f"{adv.robust_accuracy:.2f}"


def gain(recorded: Recorded) -> Iterator[str]:
    """Whether the gain on MNIST is real."""
    worst = {name: _mean(_worst(recorded, name)) for name in ("std", "min-max")}
    yield f"from {worst['std']:.2f} to {worst['min-max']:.2f}"
    yield f"{worst['min-max']:.2f} against {worst['std']:.2f} in the worst case of ten attacks"
    pgd = [report.robust_accuracy_by_attack["pgd"] for report in recorded.reports(recorded.first_layer, "std")]
    yield f"leaves Std at {_mean(pgd):.2f}, while the worst case of ten attacks leaves {worst['std']:.2f}"
    yield _thresholds(recorded)
    p_value = paired_seeds(_l2_bim(recorded, "min-max"), _l2_bim(recorded, "std")).p_value
    assert p_value is not None
    yield f"p = {p_value:.2f}, paired over seeds"
    min_max = recorded.first_layer.runs["min-max"][0].run_id
    far = {report.threat.epsilon: report for report in recorded.reports_of(min_max).values()}
    pixels = far[0.6].pixel_epsilon[0]
    near, gone = (far[epsilon].robust_accuracy_by_attack["pgd"] for epsilon in (0.6, 1.0))
    yield f"to {near:.2f} at ε = 0.6 normalized ({pixels:.3f} in pixels) and {gone:.2f} at ε = 1.0"
    assert far[0.6].n == 100
    counts = [(run.result or {})["conv1_near_zero"] for run in recorded.first_layer.runs["min-max"].values()]
    assert set(counts) == {149}
    yield "149 of its 150 weights"


def checks(recorded: Recorded) -> Iterator[str]:
    """What the checks for gradient masking found."""
    found = recorded.diagnoses()
    film = {name: run_ids(recorded.first_layer, name) for name in ("std", "min-max")}
    values = {run_id: {finding.name: finding for finding in diagnosis.findings} for run_id, diagnosis in found.items()}
    failing = {run_id for run_id, diagnosis in found.items() if diagnosis.having("failed")}
    closest = recorded.closest.runs["min-max"][0].run_id
    assert failing == {*film["min-max"], closest}
    others = found.keys() - failing
    assert len(others) == 6
    yield "none of the six checked runs of other variants"
    queries = {run_id: values[run_id]["black_box"].values for run_id in failing}
    broken = [queries[run_id]["broken"] for run_id in film["min-max"]]
    assert {found["tried"] for found in queries.values()} == {200}
    lowered = [100 * queries[run_id]["lowers"] for run_id in film["min-max"]]
    yield f"{broken[0]}, {broken[1]}, and {broken[2]} of 200 survivors"
    yield f"which is {min(lowered):.0f} to {max(lowered):.0f} points of accuracy"
    yield f"Square breaks {queries[closest]['broken']} of 200 survivors"
    report = recorded.reports(recorded.closest, "min-max")[0]
    yield f"{queries[closest]['white_box']:.2f} by gradients, {report.robust_accuracy:.2f} in the worst case"
    saturated = {
        name: [_share(values[run_id]["saturation"].values, "saturated") for run_id in ids] for name, ids in film.items()
    }
    low, high = min(saturated["min-max"]), max(saturated["min-max"])
    yield f"exactly 1 for {low:.0%} to {high:.0%} of the images in the Min-Max runs"
    yield f"{min(saturated['std']):.0%} to {max(saturated['std']):.0%} in the Std runs"
    scale = [run_id for run_id in found if values[run_id]["logit_scale"].verdict == "suspicious"]
    assert len(scale) == 2
    assert set(scale) <= set(film["std"])
    by_seed = [run_id for run_id in film["std"] if run_id in scale]
    one, another = (values[run_id]["logit_scale"].values for run_id in by_seed)
    yield f"Rescaled logits break {one['broken']} and {another['broken']} images of two Std networks"
    yield f"lowers accuracy by up to {100 * max(one['lowers'], another['lowers']):.1f} points"
    late = [run_id for run_id in found if values[run_id]["silent_success"].verdict == "suspicious"]
    assert {values[run_id]["silent_success"].values["lost"] for run_id in late} == {1, 2}
    assert len(late) == 6
    yield "in six of the runs"
    success = [values[run_id]["minimum_norm"].values["cw_success"] for run_id in found]
    yield f"for only {min(success):.0%} to {max(success):.0%} of the images of every network"
    names = {finding.name for diagnosis in found.values() for finding in diagnosis.having("suspicious")}
    assert names == {"saturation", "minimum_norm", "logit_scale", "silent_success"}
    yield f"{len(failing) - 1} of {len(film['min-max'])} checked runs at λ = μ = 0.1"


def five_variants(recorded: Recorded) -> Iterator[str]:
    """Seed 0 of all variants."""
    evidence = recorded.first_layer
    ids = {name: evidence.runs[name][0].run_id for name in VARIANTS}
    protocol = FIRST_LAYER.evaluation(SAMPLES).protocol_id
    verdicts = read_comparison(recorded.store, list(ids.values()), protocol)
    found = compare_runs(verdicts[ids["adv"]], verdicts[ids["min-max"]])["worst case"]
    low, high = (signed(100 * value, 1) for value in (found.low, found.high))
    gained = signed(100 * found.difference, 1)
    yield f"{gained} points [{low}, {high}] over Min-Max (McNemar test, p = {_p(found.p_value)})"
    worst = {name: recorded.reports(evidence, name)[0].robust_accuracy for name in VARIANTS}
    part, whole = worst["std+l1"] - worst["std"], worst["min-max"] - worst["std"]
    yield f"{part / whole:.0%} of the way in the worst case"
    yield f"({signed(100 * part, 0)} of {signed(100 * whole, 0)} points)"
    fuzzy = {name: (evidence.runs[name][0].result or {})["conv1_fuzziness"] for name in VARIANTS}
    yield f"{fuzzy['adv'] / fuzzy['min-max']:.0f} times as fuzzy as Min-Max"
    transfers = recorded.transfers(list(ids.values()))
    accuracy = {
        (source, target): transfers[ids[source], ids[target]].figures().accuracy for source in ids for target in ids
    }
    from_std = {name: accuracy["std", name] for name in ("min-max", "adv")}
    yield f"made on Std, Min-Max classifies {from_std['min-max']:.3f} correctly and Adv {from_std['adv']:.3f}"
    yield f"made on Min-Max, Std classifies {accuracy['min-max', 'std']:.3f} correctly"
    assert all(accuracy[pair] >= accuracy[pair[1], pair[1]] for pair in accuracy)
    yield "No network is hurt more by another network's images than by its own"


def tables(recorded: Recorded) -> Iterator[str]:
    """The text about the paper's tables."""
    cells = [cell for cell in recorded.closest.cells if cell.difference is not None and cell.printed.table == 1]
    off = [abs(cell.difference or 0.0) for cell in cells]
    yield f"{sum(value <= 0.05 for value in off)} of the {len(off)} cells lie within 5 points"
    yield f"farthest is {100 * max(off):.1f} points off"
    column = [recorded.cifar.values("min-max", name).by_seed[0] for name in (NO_ATTACK, *PAPER_ATTACKS)]
    alone = [recorded.cifar.values("std+l1", name).by_seed[0] for name in (NO_ATTACK, *PAPER_ATTACKS)]
    assert max(abs(one - other) for one, other in zip(column, alone, strict=True)) <= 0.02
    yield "Min-Max: " + ", ".join(f"{100 * value:.1f}".replace("0.0", "0") for value in column)
    decayed = [
        (run.config.objective.l2_strength, (run.result or {})["clean_accuracy"])
        for run in recorded.runs
        if isinstance(run.config, RunConfig) and (run.config.dataset, run.config.variant) == ("mnist", "std+l2")
    ]
    strengths = [strength for strength, _ in decayed]
    lowest = min(accuracy for _, accuracy in decayed)
    yield f"from {min(strengths):g} to {max(strengths):g}"
    yield f"goes below {100 * lowest:.1f}"
    higher = [
        cell.difference or 0.0
        for cell in cells
        if cell.printed.variant == "std+l2" and cell.printed.quantity != NO_ATTACK
    ]
    yield f"is {100 * min(higher):.0f} to {100 * max(higher):.0f} points higher than in the paper under every attack"


def one_seed(recorded: Recorded) -> Iterator[str]:
    """How far seeds of the closest setting lie apart, and why."""
    evidence = recorded.closest
    names = {"fgsm": "FGSM", "pgd": "PGD", "cw": "CW", "mi-fgsm": "MI-FGSM", "l2-bim": "L2-BIM", "linf-bim": "L∞-BIM"}
    zero = {name: evidence.values("min-max", name).by_seed[0] for name in names}
    words = [f"{100 * value:.1f} under {names[name]}" for name, value in zero.items()]
    fuzzy = evidence.values("min-max", FUZZINESS).by_seed[0]
    yield f"gives {', '.join(words)}, and a fuzziness of {fuzzy:.4f}"
    pgd = evidence.values("min-max", "pgd").by_seed
    yield f"Seeds 1 and 2 give {100 * pgd[1]:.1f} and {100 * pgd[2]:.1f} under PGD"
    weights = [load_weights(recorded.store.folder(run_id))["conv1.weight"] for run_id in run_ids(evidence, "min-max")]
    assert all((abs(layer) >= 0.01).any(axis=(1, 2, 3)).sum() == 1 for layer in weights)
    left = [int((abs(layer) >= 0.01).sum()) for layer in weights]
    yield f"a single filter is left, with {left[0]}, {left[1]}, and {left[2]} weights that are not near zero"
    largest = [_largest(recorded, run_id) for run_id in run_ids(evidence, "min-max")]
    tipping = CLOSEST.l1_strength / (2 * CLOSEST.mu)
    assert largest[0][7] < tipping < largest[0][8]
    assert max(max(values.values()) for values in largest[1:]) < tipping
    yield f"λ/(2μ) = {tipping:g}: it does so in epoch 8 and ends at {largest[0][10]:.2f}, still growing"
    yield f"ends at {largest[1][10]:.2f} and {largest[2][10]:.2f}"
    gaps = [_pgd_above_momentum(candidate) for candidate in recorded.candidates(CLOSEST)]
    yield f"runs with {len(gaps)} pairs"
    yield f"more than {100 * max(max(values) for values in gaps):.1f} points below PGD"
    yield f"differ by up to {-100 * min(min(values) for values in gaps):.1f} points"


def overfitting(recorded: Recorded) -> Iterator[str]:
    """CIFAR-10 after 15 and after 90 epochs, seed 0."""
    short, whole = recorded.evidence(CIFAR_SHORT), recorded.cifar
    clean = {name: short.values(name, NO_ATTACK).by_seed[0] for name in ("std", "min-max")}
    yield f"{100 * clean['std']:.1f}% after 15 epochs"
    later = {name: whole.values(name, NO_ATTACK).by_seed[0] for name in ("std", "min-max")}
    yield f"{100 * later['std']:.1f}% after 90"
    pgd = [evidence.values("std", "pgd").by_seed[0] for evidence in (short, whole)]
    yield f"from {100 * pgd[0]:.1f} to {100 * pgd[1]:.1f} under PGD"
    under = {name: 100 * short.values("min-max", name).by_seed[0] for name in ("fgsm", "pgd", "mi-fgsm", "linf-bim")}
    fuzzy = short.values("min-max", FUZZINESS).by_seed[0]
    yield (
        f"{100 * clean['min-max']:.1f} clean, {under['fgsm']:.1f} under FGSM, {under['pgd']:.1f} under PGD, "
        f"{under['mi-fgsm']:.1f} under MI-FGSM, {under['linf-bim']:.1f} under L∞-BIM, and a fuzziness of {fuzzy:.4f}"
    )
    counts = list(whole.values("std", NEAR_ZERO).by_seed.values())
    early = short.values("std", NEAR_ZERO).by_seed[0]
    yield f"have {min(counts):.0f} to {max(counts):.0f}, and {early:.0f} after 15 epochs"
    yield f"({100 * clean['std']:.1f} against {100 * clean['min-max']:.1f}, seed 0)"
    cost, gained = clean["std"] - later["std"], later["min-max"] - clean["min-max"]
    more = _mean(list(whole.values("min-max", NO_ATTACK).by_seed.values())) - _mean(
        list(whole.values("std", NO_ATTACK).by_seed.values())
    )
    yield f"Min-Max is {100 * more:.1f} point more accurate"
    yield f"cost Std {100 * cost:.0f} points and gave Min-Max {100 * gained:.0f}"


def search(recorded: Recorded) -> Iterator[str]:
    """The search for λ and μ."""
    everything = recorded.candidates(CLOSEST)
    on_first = [candidate for candidate in everything if candidate.setting.scope == "conv1"]
    yield f"{len(everything)} pairs with seed 0"
    yield f"{len(on_first)} pairs on the first convolution"
    yield f"{len(everything) - len(on_first)} on all convolutions"
    complete = recorded.candidates(CLOSEST, complete=True)
    without = {_name(one): _distance_without(one, "mi-fgsm") for one in complete}
    closest = min(without, key=lambda name: without[name])
    assert closest == ("conv1", 0.03, 0.03)
    assert _name(complete[0]) == ("all", 0.03, 0.01)
    yield f"({without[closest]:.2f}, against {without[_name(complete[0])]:.2f} for the first row)"
    first = recorded.candidates_of_seed_0(CLOSEST)[0]
    assert _name(first) == ("all", 0.03, 0.01)
    yield f"With one seed the first row has a distance of {first.distance:.2f}"
    zero = {_name(one): one.distance for one in recorded.candidates_of_seed_0(CIFAR)}
    seeds = {_name(one): one.distance for one in recorded.candidates(CIFAR)}
    chosen = ("conv1", 0.3, 0.1)
    yield f"a distance of {zero[chosen]:.2f} ({seeds[chosen]:.2f} with three seeds)"
    yield f"λ = μ = 0.1 one of {zero['conv1', 0.1, 0.1]:.2f}"
    short = {_name(one): one for one in recorded.candidates(CIFAR_SHORT)}
    assert len(short) == 7
    yield "seven pairs ran for 15 epochs"
    low = short["all", 0.03, 0.01].evidence.values("min-max", NO_ATTACK).by_seed[0]
    yield f"(λ = 0.03: {low:.0%})"


def other(recorded: Recorded) -> Iterator[str]:
    """What the verdicts mean, and other observations."""
    claims = {evidence: recorded.claims(recorded.evidence(evidence))[3] for evidence in (CLOSEST, FIRST_LAYER)}
    alone = {setting: claim.statements[0].difference for setting, claim in claims.items()}
    one, two = alone[CLOSEST], alone[FIRST_LAYER]
    assert one is not None
    assert two is not None
    assert one.low is not None
    yield f"({signed(100 * one.difference, 1)} and {signed(100 * two.difference, 1)} points)"
    yield f"miss the verdict *contradicted* by {100 * (0.02 - one.low):.2f} points"
    fuzzy = [_mean(list(recorded.closest.values("adv", FUZZINESS).by_seed.values()))]
    times = [
        fuzzy[0] / _mean(list(evidence.values("min-max", FUZZINESS).by_seed.values()))
        for evidence in (recorded.closest, recorded.first_layer)
    ]
    yield f"{times[0]:.0f} to {times[1]:.0f} times as fuzzy as Min-Max"
    closest = [report.robust_accuracy for report in recorded.reports(recorded.closest, "min-max")]
    std = _worst(recorded, "std")
    yield f"{mean_and_spread(closest, 3)} in the worst case of the same ten attacks, against {mean_and_spread(std, 3)}"
    probes = [_probed(recorded, run_id) for run_id in run_ids(recorded.first_layer, "std")]
    early, late = ([probe[epoch] for probe in probes] for epoch in (1, 10))
    yield f"gives {min(early):.2f} to {max(early):.2f} after one epoch and {min(late):.2f} to {max(late):.2f} after ten"
    clean = {name: list(recorded.first_layer.values(name, NO_ATTACK).by_seed.values()) for name in ("std", "min-max")}
    price = _mean(clean["std"]) - _mean(clean["min-max"])
    yield f"costs {100 * price:.1f} points of clean accuracy"
    yield f"({mean_and_spread(clean['min-max'], 4)} against {mean_and_spread(clean['std'], 4)}, three seeds)"


def tipping_point(recorded: Recorded) -> Iterator[str]:
    """When the one large weight passes λ/(2μ), as far as the thinned snapshots tell, and how fast it grows."""
    steps_per_epoch, speeds = 938, []
    for run_id in run_ids(recorded.first_layer, "min-max"):
        largest = _largest(recorded, run_id)
        before = max(epoch for epoch, weight in largest.items() if weight < 0.5)
        after = min(epoch for epoch, weight in largest.items() if weight > 0.5)
        assert before < 2.1
        assert after > 1.3
        speeds.append((largest[10] - largest[9]) / steps_per_epoch)
    yield "between epochs 1.3 and 2.1"
    yield f"by {1e3 * min(speeds):.2f}e-3 to {1e3 * max(speeds):.2f}e-3 per step"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _worst(recorded: Recorded, variant: str) -> list[float]:
    return [report.robust_accuracy for report in recorded.reports(recorded.first_layer, variant)]


def _l2_bim(recorded: Recorded, variant: str) -> list[float]:
    reports = recorded.reports(recorded.first_layer, variant)
    return [report.robust_accuracy_by_attack["l2-bim"] for report in reports]


def _thresholds(recorded: Recorded) -> str:
    found = [recorded.thresholds(run_id) for run_id in run_ids(recorded.first_layer, "min-max")]
    pixels = [threshold.pixel for thresholds in found for threshold in thresholds]
    assert len(pixels) == 3
    return f"{min(pixels):.3f} to {max(pixels):.3f}"


def _share(values, name: str) -> float:
    return values[name] / values["images"]


def _p(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-")


def _largest(recorded: Recorded, run_id: str) -> dict[float, float]:
    """Epoch -> largest weight of the first convolution."""
    return {round(row["epoch"], 3): row["largest_weight"]["conv1"] for row in recorded.snapshots(run_id)}


def _probed(recorded: Recorded, run_id: str) -> dict[float, float]:
    return {round(row["epoch"], 3): row["robust_accuracy"] for row in recorded.snapshots(run_id)}


def _pgd_above_momentum(candidate: Candidate) -> list[float]:
    pgd, momentum = (candidate.evidence.values("min-max", name).by_seed for name in ("pgd", "mi-fgsm"))
    return [pgd[seed] - momentum[seed] for seed in pgd]


def _name(candidate: Candidate) -> tuple[str, float, float]:
    setting = candidate.setting
    return setting.scope, setting.l1_strength, setting.mu


def _distance_without(candidate: Candidate, quantity: str) -> float:
    cells = tuple(cell for cell in candidate.cells if cell.printed.quantity != quantity)
    found = distance(cells)
    assert found is not None
    return found


PHRASES = [("README.md", readme)] + [
    ("docs/findings.md", function)
    for function in (
        gain,
        checks,
        five_variants,
        tables,
        one_seed,
        overfitting,
        search,
        other,
        tipping_point,
    )
]
"""(document, function that yields the phrases it must contain)."""
