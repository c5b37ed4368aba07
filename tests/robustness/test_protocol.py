import pytest

from engine.errors import InputError
from engine.robustness.protocol import (
    FGSM,
    L2BIM,
    PAPER_ATTACKS,
    PGD,
    CarliniWagner,
    LinfBIM,
    attack_config,
    attack_threat,
    check_attacks,
    training_attack,
)
from engine.robustness.threat import ThreatModel
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


def test_unknown_attack_lists_the_known_ones():
    with pytest.raises(InputError, match="fgsm, pgd, cw, mi-fgsm, l2-bim, linf-bim"):
        attack_config("deepfool")


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
