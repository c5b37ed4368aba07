"""Attacks on the selected runs from a page that shows their results: a button that starts them, and their progress."""

from collections.abc import Sequence

import streamlit as st

from dashboard import measured
from dashboard.jobs.measurement_panel import draw_measurements, is_measuring, measurement_jobs, queue_measurements
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import errors_drawn
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.job import Job
from engine.queue.overview import RunOverview
from engine.runs.config import linf_threat

SAMPLES = 200


def draw_attack(here: Settings, selected: Sequence[RunOverview], unattacked: Sequence[RunOverview]) -> None:
    """Draw evaluations in progress and, for runs that were never attacked, a button that attacks them.

    The page reruns as each attack ends.

    Args:
        selected: the runs whose evaluations are drawn.
        unattacked: those of them that the button attacks.
    """
    jobs = _evaluations(here, selected)
    asked = {job.run_id for job in jobs}
    if (fresh := [run for run in unattacked if run.run_id not in asked]) and not here.read_only:
        _draw_button(here, fresh)
    if jobs:
        busy = is_measuring(jobs)
        run_every = 1.0 if busy else None
        st.fragment(_watch, run_every=run_every, key="attack")(here, list(selected), _stamp(selected), busy)


def is_attacking(here: Settings, run: RunOverview) -> bool:
    """True if an evaluation of this run waits or is active."""
    return is_measuring(_evaluations(here, [run]))


def _draw_button(here: Settings, runs: Sequence[RunOverview]) -> None:
    asked: dict[EvaluationRequest, list[str]] = {}
    for run in runs:
        request = EvaluationRequest(samples=SAMPLES, threat=linf_threat(run.config.dataset_spec))
        asked.setdefault(request, []).append(run.run_id)
    label = "Attack this run" if len(runs) == 1 else f"Attack these {len(runs)} runs"
    if st.button(label, type="primary", icon=":material/bolt:", key="attack-unattacked"):
        with errors_drawn("The runs could not be attacked."):
            for request, run_ids in asked.items():
                queue_measurements(here, run_ids, [request])
            st.rerun()
    st.caption(f"The paper's six attacks on {SAMPLES} test images. The Robustness page has other choices.")
    short = {"attacks": ("paper",)}
    draw_commands(*(request.model_copy(update=short).command(run_ids) for request, run_ids in asked.items()))


def _watch(here: Settings, selected: Sequence[RunOverview], before: measured.Stamp, was_busy: bool) -> None:
    jobs = _evaluations(here, selected)
    draw_measurements(here, list(selected), jobs)
    if _stamp(selected) != before or (was_busy and not is_measuring(jobs)):
        st.rerun()


def _evaluations(here: Settings, runs: Sequence[RunOverview]) -> list[Job]:
    """Evaluations of these runs on test images that have not finished."""
    jobs = measurement_jobs(here, [run.run_id for run in runs], ("evaluate",))
    return [job for job in jobs if job.status != "finished" and job.payload.get("image") is None]


def _stamp(runs: Sequence[RunOverview]) -> measured.Stamp:
    return measured.stamp(run.run_id for run in runs)
