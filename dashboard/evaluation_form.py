"""The evaluation form: attacks, ball or balls, number of images."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.launch_form import number
from dashboard.settings import Settings
from engine.errors import InputError
from engine.robustness.protocol import PAPER_ATTACKS
from engine.robustness.threat import ThreatModel
from engine.runs.evaluation_request import EvaluationRequest, epsilon_ladder
from engine.runs.overview import RunOverview
from engine.runs.submission import submit_measurement
from engine.runs.worker import start_worker
from engine.validation import field_limits, validated

MOST_STEPS = 20
SHAPES = {"one": "One ε", "ladder": "A ladder of ε"}


def draw_evaluation_form(here: Settings, runs: list[RunOverview]) -> None:
    """What to attack the runs with; a button queues it for all of them."""
    paper = runs[0].config.dataset_spec.epsilon
    attacks = pick_attacks("attacks")
    shape = st.segmented_control(
        "Strength",
        list(SHAPES),
        default="one",
        required=True,
        format_func=SHAPES.__getitem__,
        key="strength",
        help="A ladder takes the same attacks at several ε; Examples then follows an image across the boundary",
    )
    places = iter(st.columns(5 if shape == "ladder" else 4))
    samples = number(next(places), "Test images", EvaluationRequest, "samples", 200, "samples")
    kept = number(next(places), "Images kept", EvaluationRequest, "kept_images", 200, "kept-images")
    if shape == "ladder":
        last = number(next(places), "From 0 to ε =", ThreatModel, "epsilon", 2 * paper, f"last-epsilon-{paper}")
        steps = next(places).number_input(
            "Steps", 1, MOST_STEPS, 6, key="steps", help=f"1 to {MOST_STEPS} equal ones, and half the first"
        )
        epsilons = epsilon_ladder(last, steps)
    else:
        epsilons = (number(next(places), "ε", ThreatModel, "epsilon", paper, f"epsilon-{paper}"),)
    unit = pick_unit(next(places), "unit")
    try:
        request = validated(
            EvaluationRequest,
            attacks=tuple(attacks),
            samples=samples,
            threat=validated(ThreatModel, norm="linf", epsilon=epsilons[-1], unit=unit),
            kept_images=kept,
        )
        requests = request.ladder(epsilons)
    except InputError as error:
        st.error(str(error))
        return
    st.caption(
        f"{_count(len(requests), runs)}Parameters are the paper's. cw searches 9 × 100 steps and takes longest. "
        "On the command line:"
    )
    run_ids = [run.run_id for run in runs]
    command = request.command(run_ids, [request.threat.epsilon for request in requests])
    st.code(command, language="bash", wrap_lines=True)
    if st.button("Attack", type="primary", icon=":material/bolt:"):
        queue_evaluations(here, run_ids, requests)
        st.rerun()


def pick_attacks(key: str) -> list[str]:
    """Names of attacks, all of the paper's at first."""
    return st.pills("Attacks", list(PAPER_ATTACKS), selection_mode="multi", default=list(PAPER_ATTACKS), key=key)


def pick_unit(place: Any, key: str) -> str:
    """The unit of ε."""
    units = field_limits(ThreatModel, "unit").choices
    return place.selectbox("Unit of ε", units, units.index("normalized"), key=key)


def queue_evaluations(here: Settings, run_ids: Sequence[str], requests: Sequence[EvaluationRequest]) -> None:
    """Queue each request for each run, and see that a worker is there."""
    for run_id in run_ids:
        for request in requests:
            submit_measurement(here.store, here.queue, run_id, request)
    start_worker(here.worker)


def _count(epsilons: int, runs: list[RunOverview]) -> str:
    if epsilons == 1:
        return ""
    of_runs = f" × {len(runs)} runs = {epsilons * len(runs)} evaluations" if len(runs) > 1 else " evaluations"
    return f"{epsilons} values of ε{of_runs}. " if len(runs) > 1 else f"{epsilons} evaluations. "
