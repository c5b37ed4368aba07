"""Controls for the attack strength and the attacks shown as columns; the URL keeps both."""

import streamlit as st

from dashboard.examples.attacked_runs import AttackedRuns, Strength
from dashboard.examples.families import Family, epsilons_by_family
from dashboard.navigation import draw_link
from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import forget_unknown
from engine.attacks.catalog import PAPER_ATTACKS


def pick_strength(attacked: AttackedRuns, read_only: bool) -> Strength:
    """Controls for the threat model and epsilon, or a link to further attacks if there is only one epsilon."""
    families = {family.title: (family, epsilons) for family, epsilons in epsilons_by_family(attacked.reports).items()}
    title = next(iter(families))
    if len(families) > 1:
        forget_unknown("threat", families)
        title = st.selectbox("Threat model", list(families), key="threat", bind="query-params")
    family, epsilons = families[title]
    if len(epsilons) > 1:
        return Strength(attacked, family, _pick_epsilon(family, epsilons, attacked.spec.epsilon))
    forget_unknown("epsilon", epsilons)
    if not read_only:
        label = "Attack these runs at several ε to follow images across the decision boundary"
        draw_link("robustness", label, list(attacked.labels), icon="stairs")
    return Strength(attacked, family, epsilons[0])


def _pick_epsilon(family: Family, epsilons: list[float], paper: float) -> float:
    """Draw a slider, initially at the paper's epsilon; a change of family keeps the nearest epsilon."""
    state = st.session_state
    preferred = paper if paper in epsilons else epsilons[len(epsilons) // 2]
    if "epsilon" in state and state.epsilon not in epsilons:
        former = state.pop("epsilon")
        preferred = min(epsilons, key=lambda value: abs(value - former))
    return st.select_slider(
        f"ε, maximum perturbation ({plain(family.unit)} units)",
        epsilons,
        preferred,
        format_func=lambda value: f"{value:g}",
        key="epsilon",
        bind="query-params",
    )


def pick_attacks(attacks: list[str]) -> list[str]:
    """Attacks that are columns and that questions refer to; initially the paper's."""
    if len(attacks) <= len(PAPER_ATTACKS):
        return attacks
    papers = [name for name in attacks if name in PAPER_ATTACKS] or attacks[: len(PAPER_ATTACKS)]
    chosen = st.pills(
        "Attacks",
        attacks,
        selection_mode="multi",
        default=papers,
        key="columns",
        bind="query-params",
    )
    return [name for name in attacks if name in chosen] or papers
