"""Runs against a reference: which are paired, on what, and what is said of the difference."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.queue.overview import RunOverview
from engine.robustness.statistics import paired_difference, paired_seeds, summarize_seeds, wilson_interval
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.studies import comparison
from engine.studies.comparison import NOISE_RULE, Contrast, compare_groups, compare_runs, contrasts, read_comparison
from engine.studies.pairing import pair_up, seed_groups
from engine.training.schedule import TrainingConfig

ROOT = Path(__file__).parents[2]
N = 400


def overview(config, run_id=None) -> RunOverview:
    return RunOverview(run_id or config.run_id, config, "finished", None, None, None)


def std(seed: int, epochs: int = 10) -> RunOverview:
    return overview(RunConfig(seed=seed, training=TrainingConfig(epochs=epochs)))


def adv(seed: int) -> RunOverview:
    return overview(RunConfig(seed=seed, adversarial_training=True))


def mask(correct: int, n: int = N, shift: int = 0) -> np.ndarray:
    """(n,) bool with so many True, the first at `shift`."""
    return np.roll(np.arange(n) < correct, shift)


def verdicts(clean: int, fgsm: int, worst: int, shift: int = 0) -> dict[str, np.ndarray]:
    return {"none": mask(clean, shift=shift), "fgsm": mask(fgsm, shift=shift), "worst case": mask(worst, shift=shift)}


# columns


def test_runs_are_compared_column_by_column():
    first, second = verdicts(390, 300, 290), verdicts(380, 200, 195, shift=7)
    found = compare_runs(first, second)
    assert list(found) == ["none", "fgsm", "worst case"]
    assert found == {column: paired_difference(first[column], second[column]) for column in first}
    assert (found["fgsm"].only_first, found["fgsm"].only_second, found["fgsm"].difference) == (100, 0, 0.25)


def test_columns_that_one_lacks_are_left_out_and_with_them_the_worst_case():
    first = {**verdicts(390, 300, 290), "pgd": mask(280)}
    assert list(compare_runs(first, verdicts(390, 300, 290))) == ["none", "fgsm"]
    assert list(compare_runs(verdicts(390, 300, 290), first)) == ["none", "fgsm"]
    assert "worst case" in compare_runs(first, dict(reversed(first.items()))), "the same attacks in another order"


def test_other_images_are_refused():
    with pytest.raises(ValueError, match="same shape"):
        compare_runs({"none": mask(3, 10)}, {"none": mask(3, 11)})


def test_groups_are_compared_at_the_seeds_both_have():
    first = {seed: verdicts(390 - seed, 300 + 5 * seed, 290) for seed in (0, 1, 2, 5)}
    second = {seed: verdicts(380, 200 - 3 * seed, 195, shift=seed) for seed in (5, 2, 1, 7)}
    found = compare_groups(first, second)
    assert list(found) == ["none", "fgsm", "worst case"]
    fgsm = found["fgsm"]
    assert fgsm.over_seeds == paired_seeds([305 / N, 310 / N, 325 / N], [197 / N, 194 / N, 185 / N])
    assert fgsm.by_seed == {seed: paired_difference(first[seed]["fgsm"], second[seed]["fgsm"]) for seed in (1, 2, 5)}


def test_groups_need_a_column_of_all_their_shared_runs():
    first = {0: verdicts(9, 8, 7), 1: {"none": mask(9), "pgd": mask(8), "worst case": mask(8)}}
    assert list(compare_groups(first, first)) == ["none"]
    only_zero = {0: first[0], 4: {"none": mask(1)}}
    assert list(compare_groups(first, only_zero)) == ["none", "fgsm", "worst case"], "seed 4 is not shared"
    assert compare_groups({0: first[0]}, {1: first[1]}) == {}


def test_a_single_shared_seed_has_images_but_no_interval_over_seeds():
    (found,) = compare_groups({3: {"none": mask(9)}}, {3: {"none": mask(5)}}).values()
    assert found.over_seeds.low is found.over_seeds.p_value is found.over_seeds.within_noise is None
    assert found.by_seed[3].only_first == 4


# pairs


def ids(pairs) -> list[list[tuple[str, str]]]:
    return [[(run.run_id, reference.run_id) for run, reference in pair] for pair in pairs]


def test_groups_differ_in_more_than_the_seed():
    imported = overview(ImportedConfig(name="Brought along", weights="0123abcd"))
    runs = [std(4), imported, std(0), std(4, epochs=3), std(7)]
    again = overview(runs[0].config, "of-another-release")
    groups = list(seed_groups([*runs, again]).values())
    assert groups == [[runs[0], runs[2], runs[4]], [runs[1]], [runs[3]], [again]]


def test_single_runs_are_paired_whatever_their_seed():
    imported = overview(ImportedConfig(name="Brought along", weights="0123abcd"))
    runs = [std(0), adv(1), imported]
    pairs = pair_up(runs, runs[0].run_id)
    assert ids(pairs) == [[(run.run_id, runs[0].run_id)] for run in (runs[1], imported)]
    assert ids(pair_up(runs, imported.run_id)) == [[(run.run_id, imported.run_id)] for run in runs[:2]]


def test_seeds_are_paired_with_their_own_kind():
    runs = [std(2), adv(0), std(0), adv(9), std(1), adv(2)]
    expected = [(adv(seed).run_id, std(seed).run_id) for seed in (0, 2)]
    assert ids(pair_up(runs, std(1).run_id)) == [expected]
    single = [std(0), std(1), adv(1)]
    assert ids(pair_up(single, std(0).run_id)) == [[(adv(1).run_id, std(1).run_id)]]


def test_without_a_shared_seed_each_run_is_held_against_the_reference_itself():
    runs = [std(0), std(1), adv(8), adv(9)]
    assert ids(pair_up(runs, std(1).run_id)) == [[(adv(seed).run_id, std(1).run_id)] for seed in (8, 9)]


def test_seeds_of_one_configuration_are_held_against_each_other():
    runs = [std(3), std(1), std(2)]
    assert ids(pair_up(runs, std(1).run_id)) == [[(std(seed).run_id, std(1).run_id)] for seed in (3, 2)]


def test_nothing_is_paired_without_the_reference():
    assert pair_up([std(0), adv(0)], "elsewhere") == [] == pair_up([std(0)], std(0).run_id)


# contrasts


def test_a_contrast_of_two_runs_is_over_images():
    runs = [std(0), adv(0)]
    found = contrasts(
        runs,
        {runs[0].run_id: verdicts(390, 200, 190), runs[1].run_id: verdicts(388, 300, 290)},
        runs[0].run_id,
    )
    assert [one.attack for one in found] == ["none", "fgsm", "worst case"]
    clean, fgsm, _ = found
    expected = paired_difference(mask(300), mask(200))
    assert fgsm.run_ids == (runs[1].run_id,) and fgsm.reference_ids == (runs[0].run_id,)
    assert (fgsm.n, fgsm.seeds, fgsm.accuracy, fgsm.reference_accuracy) == (N, 1, 0.75, 0.5)
    assert (fgsm.low, fgsm.high) == wilson_interval(300, N)
    assert (fgsm.reference_low, fgsm.reference_high) == wilson_interval(200, N)
    assert (fgsm.difference, fgsm.difference_low, fgsm.difference_high) == (0.25, expected.low, expected.high)
    assert (fgsm.only_first, fgsm.only_second, fgsm.p_value) == (100, 0, expected.p_value)
    assert fgsm.by_pair == (expected,)
    assert (fgsm.verdict, clean.verdict) == ("higher", "within noise")
    assert (clean.only_first, clean.only_second) == (0, 2)


def test_the_other_side_of_a_contrast_is_its_mirror():
    runs = [std(0), adv(0)]
    both = {runs[0].run_id: verdicts(390, 200, 190), runs[1].run_id: verdicts(388, 300, 290, shift=3)}
    for one, other in zip(*(contrasts(runs, both, run.run_id) for run in runs), strict=True):
        assert (one.difference, one.p_value) == (-other.difference, other.p_value)
        assert (one.only_first, one.only_second) == (other.only_second, other.only_first)
        assert (one.accuracy, one.low, one.high) == (
            other.reference_accuracy,
            other.reference_low,
            other.reference_high,
        )
        assert {one.verdict, other.verdict} in ({"higher", "lower"}, {"within noise"})


@pytest.fixture
def seeds() -> tuple[list[RunOverview], dict[str, dict[str, np.ndarray]]]:
    """Std and Adv of seeds 0, 1, 2, mixed: fgsm differs in all, clean here and there, the worst case equally in all."""
    runs = [run for seed in (1, 0, 2) for run in (std(seed), adv(seed))]
    fgsm = {0: (200, 310), 1: (180, 300), 2: (210, 305)}
    found = {}
    for seed, (plain, robust) in fgsm.items():
        found[std(seed).run_id] = verdicts(390 + seed, plain, 100 + seed)
        found[adv(seed).run_id] = verdicts(393 - seed, robust, 110 + seed)
    return runs, found


def test_a_contrast_of_groups_is_over_seeds(seeds):
    runs, found = seeds
    clean, fgsm, worst = contrasts(runs, found, std(2).run_id)
    assert fgsm.run_ids == tuple(adv(seed).run_id for seed in (0, 1, 2))
    assert fgsm.reference_ids == tuple(std(seed).run_id for seed in (0, 1, 2))
    robust, plain = [310 / N, 300 / N, 305 / N], [200 / N, 180 / N, 210 / N]
    expected, summary = paired_seeds(robust, plain), summarize_seeds(robust)
    assert (fgsm.difference, fgsm.difference_low, fgsm.difference_high, fgsm.p_value) == (
        expected.difference,
        expected.low,
        expected.high,
        expected.p_value,
    )
    assert (fgsm.seeds, fgsm.accuracy, fgsm.low, fgsm.high) == (3, summary.mean, summary.low, summary.high)
    assert fgsm.reference_accuracy == pytest.approx(np.mean(plain))
    assert (fgsm.only_first, fgsm.only_second) == (110 + 120 + 95, 0)
    assert [one.only_first for one in fgsm.by_pair] == [110, 120, 95]
    assert fgsm.verdict == "higher" and clean.verdict == "within noise"
    assert worst.difference == pytest.approx(10 / N)
    assert (worst.p_value, worst.difference_low, worst.verdict) == (None, None, "too few seeds to tell")


def test_what_every_image_tells_apart_can_be_noise_over_seeds():
    """Seeds pull in both directions, each beyond doubt: so the training is not known to differ."""
    runs = [std(0), std(1), adv(0), adv(1)]
    found = {
        std(0).run_id: {"none": mask(200)},
        std(1).run_id: {"none": mask(300)},
        adv(0).run_id: {"none": mask(300)},
        adv(1).run_id: {"none": mask(240)},
    }
    (one,) = contrasts(runs, found, std(0).run_id)
    assert not any(pair.within_noise for pair in one.by_pair)
    assert one.within_noise and one.verdict == "within noise" and one.difference == pytest.approx(0.05)


def test_intervals_over_seeds_end_at_zero_and_one():
    runs = [std(0), std(1), adv(0), adv(1)]
    found = {run.run_id: {"none": mask(count)} for run, count in zip(runs, (N, 300, 10, 0), strict=True)}
    (one,) = contrasts(runs, found, std(0).run_id)
    assert (one.low, one.reference_high) == (0, 1)
    assert one.high is not None and one.high <= 1 and one.reference_low is not None and one.reference_low >= 0


def test_seeds_all_alike_have_no_interval():
    runs = [std(0), std(1), adv(0), adv(1)]
    found = {run.run_id: {"none": mask(0)} for run in runs}
    (one,) = contrasts(runs, found, std(0).run_id)
    assert (one.accuracy, one.low, one.high, one.p_value, one.verdict) == (0, None, None, 1, "within noise")


def test_runs_without_verdicts_are_left_out(seeds):
    runs, found = seeds
    del found[adv(1).run_id]
    one = contrasts(runs, found, std(2).run_id)[0]
    assert one.run_ids == (adv(0).run_id, adv(2).run_id)
    del found[std(2).run_id]
    assert contrasts(runs, found, std(2).run_id) == []


@pytest.mark.parametrize(
    ("within_noise", "difference", "words"),
    [(True, 0.2, "within noise"), (False, 0.2, "higher"), (False, -0.2, "lower"), (None, 0.2, "too few seeds to tell")],
)
def test_the_verdict_in_words(within_noise, difference, words):
    figures = {name: 0.0 for name in Contrast.__dataclass_fields__}
    one = Contrast(**(figures | {"within_noise": within_noise, "difference": difference}))
    assert one.verdict == words


def test_the_rule_says_what_is_done():
    """0.05 and 95 % are those of the default confidence."""
    runs = [std(0), adv(0)]
    found = {run.run_id: {"none": mask(9, shift=shift)} for run, shift in zip(runs, (0, 1), strict=True)}
    (one,) = contrasts(runs, found, std(0).run_id)
    assert one.by_pair[0].confidence == 0.95
    assert "95 %" in NOISE_RULE and "0.05" in NOISE_RULE and NOISE_RULE.startswith("Within noise: ")


# reading


def test_only_runs_with_verdicts_are_read(store, monkeypatch):
    there = {("a", "p"): {"none": mask(3)}, ("b", "p"): None, ("c", "q"): {"none": mask(4)}}
    monkeypatch.setattr(comparison, "read_survivors", lambda _, run_id, protocol: there.get((run_id, protocol)))
    assert read_comparison(store, ["c", "b", "a"], "p") == {"a": there["a", "p"]}


def test_no_torch_is_needed():
    code = "import sys, engine.studies.comparison; sys.exit(bool({'torch', 'scipy.stats'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
