"""The evaluation form: attacks, ball, number of images."""

import streamlit as st

from dashboard.launch_form import number
from dashboard.settings import Settings
from engine.errors import InputError
from engine.robustness.protocol import PAPER_ATTACKS
from engine.robustness.threat import ThreatModel
from engine.runs.evaluation_request import EvaluationRequest
from engine.runs.overview import RunOverview
from engine.runs.submission import submit_evaluation
from engine.runs.worker import start_worker
from engine.validation import field_limits, validated


def draw_evaluation_form(here: Settings, runs: list[RunOverview]) -> None:
    """What to attack the runs with; a button queues it for all of them."""
    paper = runs[0].config.dataset_spec.epsilon
    attacks = st.pills(
        "Attacks", list(PAPER_ATTACKS), selection_mode="multi", default=list(PAPER_ATTACKS), key="attacks"
    )
    first, second, third = st.columns(3)
    samples = number(first, "Test images", EvaluationRequest, "samples", 200, "samples")
    epsilon = number(second, "ε", ThreatModel, "epsilon", paper, f"epsilon-{paper}")
    units = field_limits(ThreatModel, "unit").choices
    unit = third.selectbox("Unit of ε", units, units.index("normalized"), key="unit")
    try:
        request = validated(
            EvaluationRequest,
            attacks=tuple(attacks),
            samples=samples,
            threat=validated(ThreatModel, norm="linf", epsilon=epsilon, unit=unit),
        )
    except InputError as error:
        st.error(str(error))
        return
    st.caption("Parameters are the paper's. cw searches 9 × 100 steps and takes longest. On the command line:")
    st.code(request.command([run.run_id for run in runs]), language="bash", wrap_lines=True)
    if st.button("Attack", type="primary", icon=":material/bolt:"):
        for run in runs:
            submit_evaluation(here.store, here.queue, run.run_id, request)
        start_worker(here.worker)
        st.rerun()
