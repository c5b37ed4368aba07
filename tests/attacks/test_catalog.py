import pytest

from engine.attacks.catalog import (
    ATTACKS,
    PAPER_ATTACKS,
    STRONG_ATTACKS,
    attack_config,
    attack_names,
    attack_threat,
    check_attacks,
    counts_any_size,
    has_cell,
    training_attack,
)
from engine.attacks.configs import (
    APGD,
    FAB,
    FGSM,
    L2BIM,
    PGD,
    CarliniWagner,
    DeepFool,
    LinfBIM,
    Square,
    TargetedAPGD,
)
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.validation import validated


def test_paper_parameters_at_the_papers_epsilon():
    steps = {name: (a.steps, 0.3 * a.step_size) for name, a in PAPER_ATTACKS.items() if hasattr(a, "step_size")}
    assert steps == {
        "pgd": (40, pytest.approx(0.01)),
        "mi-fgsm": (40, pytest.approx(0.01)),
        "l2-bim": (10, pytest.approx(0.05)),
        "linf-bim": (10, pytest.approx(0.05)),
    }
    assert set(PAPER_ATTACKS) - set(steps) == {"fgsm", "cw"}
    assert attack_config("cw") == CarliniWagner(steps=100, search_rounds=9, learning_rate=0.01, initial_c=1e-3)


def test_strong_parameters_are_autoattacks():
    assert list(STRONG_ATTACKS.values()) == [
        APGD(name="apgd-ce", steps=100, restarts=5),
        TargetedAPGD(steps=100, restarts=1, targets=9),
        FAB(steps=100, targets=9),
        Square(queries=5_000, restarts=1),
    ]


def test_presets_stand_for_their_attacks_and_each_counts_once():
    assert attack_names(["strong"]) == ("apgd-ce", "apgd-t", "fab", "square")
    assert attack_names(["pgd", "paper", "deepfool"]) == (
        "pgd",
        "fgsm",
        "cw",
        "mi-fgsm",
        "l2-bim",
        "linf-bim",
        "deepfool",
    )
    assert attack_names(["unknown"]) == ("unknown",)


def test_only_an_attack_that_minimizes_another_norm_counts_beyond_the_ball():
    linf, l2 = ThreatModel(norm="linf"), ThreatModel(norm="l2")
    assert counts_any_size(CarliniWagner(), linf) and counts_any_size(DeepFool(), linf)
    assert not any(counts_any_size(attack, linf) for attack in (FAB(), PGD(), L2BIM()))
    assert not counts_any_size(CarliniWagner(), l2) and counts_any_size(FAB(), l2)


def test_attacks_that_reach_every_image_have_no_cell_unless_the_paper_prints_one():
    linf = ThreatModel(norm="linf")
    assert [attack.name for attack in ATTACKS.values() if not has_cell(attack, linf)] == ["deepfool"]
    assert has_cell(DeepFool(), ThreatModel(norm="l2"))


def test_unknown_attack_lists_the_known_ones():
    with pytest.raises(InputError, match="fgsm, pgd, cw, mi-fgsm, l2-bim, linf-bim"):
        attack_config("autoattack")


def test_steps_must_reach_epsilon():
    with pytest.raises(InputError, match="10 steps of 0.05 ε"):
        validated(PGD, steps=10, step_size=0.05)
    assert validated(LinfBIM, steps=49, step_size=1 / 49).steps == 49


def test_attacks_keep_epsilon_and_unit_in_their_own_norm():
    threat = ThreatModel(norm="linf", epsilon=0.2, unit="normalized")
    assert attack_threat(FGSM(), threat) == threat
    assert attack_threat(L2BIM(), threat) == ThreatModel(norm="l2", epsilon=0.2, unit="normalized")
    assert attack_threat(CarliniWagner(), threat) is None


def test_unfit_lists_of_attacks_are_refused():
    linf, l2 = ThreatModel(norm="linf"), ThreatModel(norm="l2")
    check_attacks(list(PAPER_ATTACKS.values()), linf)
    check_attacks([L2BIM(), CarliniWagner()], l2)
    for attacks, threat in [([], linf), ([PGD(), PGD(steps=20)], linf), ([PGD()], l2)]:
        with pytest.raises(InputError):
            check_attacks(attacks, threat)


def test_training_attack_takes_quarter_steps():
    assert training_attack(7) == PGD(steps=7, step_size=0.25, random_start=True)
    assert training_attack(7, "l2") == L2BIM(steps=7, step_size=0.25)
