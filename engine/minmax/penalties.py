"""The penalties by name: terms that the objective adds to the cross entropy, each a function of one layer's weights.

A new penalty is a function and one entry in PENALTIES; training, records, the command line (`--penalty NAME=STRENGTH`)
and the Launch form read the entry. No torch: the functions call methods of their tensor arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Penalty:
    """One term of the objective: strength x value(W), summed over the layers of the penalty's scope.

    name: name in configurations and on the command line, lower case.
    title: name in labels and forms.
    value: weights of K members, (K, out, in, height, width) -> (K,); differentiable, and independent for each member.
    low, high: limits of its strength.
    """

    name: str
    title: str
    value: Callable[[Tensor], Tensor]
    low: float = -10.0
    high: float = 10.0


def l1_norm(weights: Tensor) -> Tensor:
    """||W||_1 = sum |w| of each member; (K, ...) -> (K,)."""
    return weights.flatten(1).abs().sum(1)


def squared_l2_norm(weights: Tensor) -> Tensor:
    """||W||_2^2 = sum w^2 of each member; (K, ...) -> (K,)."""
    return weights.flatten(1).square().sum(1)


L1 = Penalty("l1", "L1", l1_norm, low=0.0)
L2 = Penalty("l2", "squared L2", squared_l2_norm)

PENALTIES = {
    penalty.name: penalty
    for penalty in (
        L1,
        L2,
    )
}


def further_penalties() -> dict[str, Penalty]:
    """The entries except L1 and L2, whose strengths have separate fields and options."""
    return {name: penalty for name, penalty in PENALTIES.items() if name not in (L1.name, L2.name)}


def further_penalty(name: str) -> Penalty:
    """The entry called `name`; InputError if the name is unknown, or is L1 or L2."""
    known = further_penalties()
    if name not in known:
        expected = f"a penalty, one of {', '.join(known)}" if known else "no penalty besides L1 and L2"
        raise InputError(expected, repr(name), "Register it in engine/minmax/penalties.py, or leave it out.")
    return known[name]


def checked_strengths(strengths: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Pairs of name and strength, sorted by name, without strengths of 0.

    Raises:
        InputError: a penalty is unknown, or a strength is outside its limits.
    """
    for name, strength in strengths.items():
        penalty = further_penalty(name)
        if not penalty.low <= strength <= penalty.high:
            expected = f"the strength of {name} to be {penalty.low:g} to {penalty.high:g}"
            raise InputError(expected, repr(strength), "Choose a value in these limits.")
    return tuple((name, strength) for name, strength in sorted(strengths.items()) if strength)


def penalty(weights: Tensor, strengths: Mapping[str, Tensor]) -> Tensor:
    """Sum of strength x penalty of each member, in the order of `strengths`.

        lambda ||W||_1 + kappa ||W||_2^2 + ...

    Args:
        weights: of one layer, shape (K, ...).
        strengths: name of a penalty -> shape (K,), signed; at least one.

    Returns:
        Shape (K,).
    """
    shared = weights.view_as(
        weights
    )  # the gradients of all penalties are summed here first, which fixes the order of summation
    first, *others = (strength * PENALTIES[name].value(shared) for name, strength in strengths.items())
    return sum(others, first)
