"""Evaluation form: attacks, one or several ε, and numbers of images."""

import inspect
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import number, pick_unit
from engine.attacks.catalog import ATTACKS, PRESETS, attack_names
from engine.attacks.threat import ThreatModel
from engine.devices import resolve_device
from engine.errors import InputError
from engine.formatting import duration
from engine.measurements.evaluation.request import EvaluationRequest, epsilon_ladder
from engine.measurements.images import OtherData
from engine.queue.overview import RunOverview
from engine.queue.speed import rate_key
from engine.studies.estimate import evaluation_passes
from engine.validation import validated

MOST_STEPS = 20
REFUSAL = "refused-data"
"""Key of the session state under which the refusal of other data waits to be drawn."""
SHAPES = {"one": "One ε", "ladder": "Several ε"}
CHOICES = {"paper": ("paper",), "strong": ("strong",), "paper + strong": ("paper", "strong")}
"""Button of the form -> the presets' names on the command line."""

EXPLAINED = {
    ("paper",): "The six attacks of the paper's tables",
    ("strong",): "The four attacks of AutoAttack, the usual benchmark of robustness; the last one uses no gradients",
    ("paper", "strong"): "All ten attacks",
}
"""Names of presets -> description of their attacks."""


def draw_evaluation_form(here: Settings, runs: list[RunOverview]) -> None:
    """Draw the form, and a button that queues its evaluations for all `runs`."""
    try:
        requests = read_form(runs[0].config.dataset_spec.epsilon)
    except InputError as error:
        draw_error(error)
        return
    if _pick_other_data():
        requests = [request.model_copy(update={"other_data": True}) for request in requests]
    cost = _count(len(requests), runs) + _cost(here, runs, requests)
    st.caption(f"{cost} The parameters of each attack are those of the paper or of AutoAttack. Equivalent command:")
    run_ids = [run.run_id for run in runs]
    short = requests[0].model_copy(update={"attacks": short_names(requests[0].attacks)})
    command = short.command(run_ids, [request.threat.epsilon for request in requests])
    draw_commands(command)
    if st.button("Attack these runs", type="primary", icon=":material/bolt:"):
        _queue(here, run_ids, requests)


def _pick_other_data() -> bool:
    """Draw why other data were refused, and a checkbox that allows them; nothing if they were not refused."""
    refusal = st.session_state.get(REFUSAL)
    if refusal is None:
        return False
    st.warning(plain(refusal))
    return st.checkbox("Attack these runs on the images in the data folder; the reports say so", key="other-data")


def _queue(here: Settings, run_ids: list[str], requests: list[EvaluationRequest]) -> None:
    st.session_state.pop(REFUSAL, None)
    try:
        queue_measurements(here, run_ids, requests)
    except OtherData as error:
        st.session_state[REFUSAL] = str(error)
    except (InputError, OSError) as error:
        draw_error(error, "The runs could not be attacked.")
        return
    st.rerun()


def read_form(paper: float) -> list[EvaluationRequest]:
    """Draw the widgets; return a request for each epsilon, ascending.

    Args:
        paper: the paper's epsilon for the data set of the runs.

    Raises:
        InputError: a value is outside its limits, or no attack is chosen.
    """
    attacks = pick_attacks("attacks")
    shape = st.segmented_control(
        "Strength",
        list(SHAPES),
        default="one",
        required=True,
        format_func=SHAPES.__getitem__,
        key="strength",
        help="With several ε, the Examples page can follow an image across the decision boundary",
    )
    samples_place, kept_place, *places, unit_place = st.columns(5 if shape == "ladder" else 4)
    samples = number(samples_place, "Test images", EvaluationRequest, "samples", 200, "samples")
    kept = number(kept_place, "Stored images", EvaluationRequest, "kept_images", 200, "kept-images")
    epsilons = _pick_ladder(places, paper) if shape == "ladder" else _pick_epsilon(places[0], paper)
    threat = {"norm": "linf", "epsilon": epsilons[-1], "unit": pick_unit(unit_place, "unit")}
    request = validated(
        EvaluationRequest,
        attacks=tuple(attacks),
        samples=samples,
        threat=validated(ThreatModel, **threat),
        kept_images=kept,
    )
    return request.ladder(epsilons)


def _pick_epsilon(place: Any, paper: float) -> tuple[float]:
    return (number(place, "ε", ThreatModel, "epsilon", paper, f"epsilon-{paper}"),)


def _pick_ladder(places: Sequence[Any], paper: float) -> tuple[float, ...]:
    last = number(places[0], "Largest ε", ThreatModel, "epsilon", 2 * paper, f"last-epsilon-{paper}")
    help_text = f"Number of equal steps from 0 to the largest ε, and half of the first step: 1 to {MOST_STEPS}"
    return epsilon_ladder(last, places[1].number_input("Steps", 1, MOST_STEPS, 6, key="steps", help=help_text))


def pick_attacks(key: str) -> list[str]:
    """Names of the chosen attacks, by default all of the paper's; presets and single attacks can be chosen.

    Presets are buttons, not a widget that follows the attacks: two quick clicks on attacks would restore the previous
    preset. For the same reason the initial attacks come from `default`: a value written into the session state would
    override such a click.
    """
    state = st.session_state

    def choose(preset: str) -> None:
        state[key] = list(attack_names(CHOICES[preset]))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, words in CHOICES.items():
            st.button(name, key=f"{key}-{name}", help=EXPLAINED[words], on_click=choose, args=(name,))
    chosen = st.pills(
        "Attacks",
        list(ATTACKS),
        selection_mode="multi",
        default=None if key in state else list(PRESETS["paper"]),
        key=key,
        help=_attacks_help(),
    )
    return [name for name in ATTACKS if name in chosen]


def short_names(attacks: Sequence[str]) -> tuple[str, ...]:
    """Names of the presets that contain exactly these attacks; otherwise the attacks themselves."""
    return next((words for words in CHOICES.values() if set(attack_names(words)) == set(attacks)), tuple(attacks))


def _attacks_help() -> str:
    """Help text with one line per attack."""
    return "\n".join(
        f"- **{name}**: {(inspect.getdoc(type(attack)) or '').splitlines()[0]}" for name, attack in ATTACKS.items()
    )


def _cost(here: Settings, runs: Sequence[RunOverview], requests: Sequence[EvaluationRequest]) -> str:
    """Upper bound of the time per run, if a speed was measured, and the most expensive attack."""
    device = resolve_device(here.worker.device)
    rates = here.queue.rates()
    measured = [rates.get(rate_key(device, run.config)) for run in runs]
    passes = sum(map(evaluation_passes, requests))
    longest = max(requests[0].attacks, key=lambda name: ATTACKS[name].cost)
    slowest = min((rate for rate in measured if rate), default=None)
    if slowest is None or None in measured:
        return f"{longest} is the most expensive attack."
    bound = f"At most about {duration(passes / slowest)} per run at the speed measured on this machine."
    return f"{bound} {longest} is the most expensive attack."


def _count(epsilons: int, runs: list[RunOverview]) -> str:
    if epsilons == 1:
        return ""
    of_runs = f" × {len(runs)} runs = {epsilons * len(runs)} evaluations" if len(runs) > 1 else " evaluations"
    return f"{epsilons} values of ε{of_runs}. " if len(runs) > 1 else f"{epsilons} evaluations. "
