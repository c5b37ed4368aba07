"""Which runs answer for a setting, and which do not."""

from dataclasses import replace

import pytest

from engine.paper.evidence import NEAR_ZERO, gather, most_answered
from engine.paper.setting import SETTINGS
from engine.paper.tables import FUZZINESS, NO_ATTACK
from engine.runs.config import ProbeConfig
from engine.runs.run_settings import RunSettings
from engine.runs.variants import variant_objective
from engine.training.schedule import TrainingConfig

MNIST = SETTINGS["mnist"]


def watched(seed=0, variant="min-max", adversarial=False, l1=None, mu=None, scope=None, **changes):
    """A run as the launch form would make it: other snapshots, a probe; `changes` of its training."""
    training = TrainingConfig(**(MNIST.training.model_dump() | {"snapshots_per_epoch": 7} | changes))
    objective = variant_objective(
        variant,
        MNIST.l1_strength if l1 is None else l1,
        -(MNIST.mu if mu is None else mu),
        scope or MNIST.scope,
    )
    settings = RunSettings(dataset="mnist", training=training, probe=ProbeConfig(samples=64))
    return settings.config(objective, seed, adversarial)


def test_a_run_counts_however_it_was_watched(archive):
    run_id = archive.train(watched(seed=4))
    assert run_id != MNIST.config("min-max", 4).run_id
    assert list(archive.evidence().runs["min-max"]) == [4]


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 11},
        {"learning_rate": 0.002},
        {"batch_size": 32},
        {"halve_every": 5},
        {"l1": 0.5},
        {"mu": 0.5},
        {"scope": "conv1" if MNIST.scope == "all" else "all"},
    ],
)
def test_other_training_strengths_or_scope_do_not_answer(archive, changes):
    archive.train(watched(**changes))
    assert archive.evidence().runs["min-max"] == {}


def test_where_there_is_no_penalty_its_scope_does_not_matter(archive):
    other = "conv1" if MNIST.scope == "all" else "all"
    archive.train(watched(variant="std", scope=other))
    archive.train(watched(variant="adv", adversarial=True, scope=other))
    found = archive.evidence().runs
    assert [list(found[variant]) for variant in ("std", "adv", "min-max")] == [[0], [0], []]


def test_runs_on_the_chosen_data_answer_alone(archive):
    other = replace(MNIST, data_digest="0123456789abcdef")
    for setting, value in ((MNIST, 0.1), (other, 0.2)):
        archive.train(setting.config("adv", 0), fuzziness=value)
        archive.train(setting.config("adv", int(value == 0.1)), fuzziness=value)
    recorded, chosen = (gather(setting, archive.index(), archive.reports_of) for setting in (MNIST, other))
    assert recorded.values("adv", FUZZINESS).by_seed == {0: 0.1, 1: 0.1}
    assert chosen.values("adv", FUZZINESS).by_seed == {0: 0.2} and chosen.values("std", FUZZINESS).by_seed == {}


def test_unfinished_runs_do_not_answer(archive):
    archive.train(MNIST.config("std", 0), status="running")
    assert archive.evidence().runs["std"] == {}


def test_of_runs_alike_the_most_attacked_answers(archive):
    archive.attack(archive.train(watched(), fuzziness=0.1), {"fgsm": 0.1})
    most = archive.train(MNIST.config("min-max", 0), fuzziness=0.2)
    archive.attack(most, {"fgsm": 0.2, "pgd": 0.3})
    archive.train(watched(epochs=10, weight_limit=50.0), fuzziness=0.3)
    evidence = archive.evidence()
    assert evidence.runs["min-max"][0].run_id == most
    assert evidence.values("min-max", FUZZINESS).by_seed == {0: 0.2}
    assert evidence.values("min-max", "fgsm").by_seed == {0: 0.2}
    assert evidence.values("min-max", "fgsm").run_ids == {0: most}


def test_values_say_how_many_images_are_behind_them(archive):
    for seed in (2, 0):
        archive.add("std", seed, 0.25, clean=0.9 + seed / 100, near_zero=7 + seed)
    evidence = archive.evidence()
    clean, attacked = evidence.values("std", NO_ATTACK), evidence.values("std", "pgd")
    assert (clean.n, attacked.n, evidence.values("std", FUZZINESS).n) == (10_000, 100, None)
    assert clean.by_seed == {0: 0.9, 2: 0.92} and evidence.values("std", NEAR_ZERO).by_seed == {0: 7, 2: 9}
    assert clean.summary is not None and (clean.summary.n, clean.summary.mean) == (2, pytest.approx(0.91))
    assert evidence.values("adv", "pgd").summary is None


def test_cells_stand_beside_their_own_values(archive):
    archive.attack(archive.train(MNIST.config("std", 0), clean=0.5), {"pgd": 0.6028})
    cells = {(cell.printed.quantity, cell.printed.variant): cell for cell in archive.evidence().cells}
    assert len(cells) == 7 * 4 + 3
    assert cells["pgd", "std"].difference == pytest.approx(0.01)
    assert cells["none", "std"].difference == pytest.approx(0.5 - 0.9861)
    assert cells["fgsm", "std"].difference is None and cells["pgd", "min-max"].difference is None


def test_the_number_of_images_that_fills_most_cells_is_taken(archive):
    few, many = archive.train(MNIST.config("std", 0)), archive.train(MNIST.config("min-max", 0))
    archive.attack(few, {"fgsm": 0.1, "pgd": 0.1}, samples=50)
    archive.attack(many, {"fgsm": 0.2}, samples=200)
    assert archive.evidence().samples == 50
    assert archive.evidence(200).values("min-max", "fgsm").by_seed == {0: 0.2}
    assert archive.evidence(200).values("std", "fgsm").by_seed == {}
    archive.attack(many, {"fgsm": 0.2, "cw": 0.2}, samples=200)
    assert archive.evidence().samples == 200, "of equals the larger"


def test_attacks_that_are_in_no_table_do_not_decide(archive):
    run_id = archive.train(MNIST.config("std", 0))
    archive.attack(run_id, {"fgsm": 0.1, "pgd": 0.1}, samples=50)
    archive.attack(run_id, {"fgsm": 0.1, "square": 0.1, "fab": 0.1, "apgd-ce": 0.1}, samples=20)
    assert archive.evidence().samples == 50


def test_nothing_attacked_falls_back_to_the_default():
    assert most_answered(MNIST, []) == 500
    assert most_answered(MNIST, [], default=30) == 30


def test_another_epsilon_is_not_the_papers(archive):
    run_id = archive.train(MNIST.config("std", 0))
    archive.attack(run_id, {"fgsm": 0.1})
    (report,) = archive.reports[run_id].values()
    threat = report.threat.model_copy(update={"epsilon": 0.2})
    archive.reports[run_id] = {"another": report.model_copy(update={"threat": threat})}
    assert archive.evidence().values("std", "fgsm").by_seed == {}


def test_near_zero_ratio_is_taken_seed_by_seed(archive):
    for seed, (std, min_max) in enumerate([(5, 100), (10, 150), (0, 140)]):
        archive.add("std", seed, near_zero=std)
        archive.add("min-max", seed, near_zero=min_max)
    archive.add("min-max", 7, near_zero=90)
    assert archive.evidence().near_zero_ratio.by_seed == {0: 20.0, 1: 15.0}
