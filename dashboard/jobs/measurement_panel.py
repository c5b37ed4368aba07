"""Queued measurements: their progress, and buttons that stop or retry them."""

from collections.abc import Collection, Iterable, Sequence

import streamlit as st

from dashboard.frames.labels import unique_labels
from dashboard.jobs.queue_panel import ICONS, attend_worker, pace
from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.errors import InputError
from engine.measurements.images import check_test_data_at_hand
from engine.measurements.kinds import read_request
from engine.measurements.request import Measurement
from engine.queue import client
from engine.queue.job import ACTIVE, RESUMABLE, WAITING, Job, Kind
from engine.queue.overview import RunOverview
from engine.queue.run_queue import readable_jobs
from engine.queue.submission import submit_measurement

SHOWN = 8


def measurement_jobs(here: Settings, run_ids: Collection[str], kinds: Collection[Kind] | None = None) -> list[Job]:
    """Jobs that measure these runs, in any state, newest first; by default all kinds but training."""
    return [
        job
        for job in readable_jobs(here.queue, run_ids=run_ids)[0]
        if (job.kind != "train" if kinds is None else job.kind in kinds)
    ]


def is_measuring(jobs: Sequence[Job]) -> bool:
    """True if any job is waiting or active."""
    return any(job.status in WAITING + ACTIVE for job in jobs)


def draw_measurements(here: Settings, runs: list[RunOverview], jobs: list[Job]) -> None:
    """Draw active, waiting, failed and stopped measurements, in this order, each with its buttons.

    Args:
        runs: all runs of the jobs.
    """
    order = {status: place for place, status in enumerate((*ACTIVE, "queued", "interrupted", "failed", "stopped"))}
    jobs = sorted((job for job in jobs if job.status in order), key=lambda job: (order[job.status], job.created_at))
    if is_measuring(jobs):
        attend_worker(here)
    labels = unique_labels(runs)
    unended = [job for job in jobs if job.status in ("queued", "interrupted", "running")]
    if len(unended) > 1 and not here.read_only:
        words, action = st.columns([6, 1], vertical_alignment="center")
        running = sum(job.status in ACTIVE for job in jobs)
        words.caption(f"{running} running, {len(unended) - sum(job.status == 'running' for job in unended)} waiting")
        if action.button("Stop all", key="stop-all", icon=":material/stop:"):
            with errors_drawn():
                for job in reversed(unended):  # waiting jobs first, or the worker would start them
                    here.queue.request_stop(job.job_id)
                st.rerun()
    for job in jobs[:SHOWN]:
        _draw_measurement(here, job, labels[job.run_id])
    if more := jobs[SHOWN:]:
        with st.expander(f"{len(more)} more", key="more-measurements"):
            for job in more:
                _draw_measurement(here, job, labels[job.run_id])


def _draw_measurement(here: Settings, job: Job, label: str) -> None:
    text, action = st.columns([6, 1], vertical_alignment="center")
    what = f"{plain(label)}, {plain(_words(job))}"
    if job.status in ACTIVE:
        text.progress(min(job.progress, 1.0), text=f"{what}: {plain(job.status)}, {plain(pace(job))}")
    else:
        reason = f": {plain(job.error)}" if job.error else ""
        text.markdown(f"{ICONS[job.status]} {what}: {plain(job.status)}{reason}")
    if here.read_only:
        return
    if job.status in ("queued", "running") and action.button("Stop", key=f"stop-{job.job_id}"):
        with errors_drawn():
            here.queue.request_stop(job.job_id)
            st.rerun()
    if job.status in RESUMABLE and action.button("Retry", key=f"retry-{job.job_id}"):
        with errors_drawn():
            here.queue.resume(job.job_id, here.worker.place)
            client.start_worker(here.worker)
            st.rerun()


def _words(job: Job) -> str:
    """Description of a measurement, or a note that this version cannot read it."""
    try:
        return "" if job.kind == "train" else read_request(job.kind, job.payload).words
    except (InputError, KeyError, TypeError):
        return f"a request to {job.kind} that this version cannot read"


def queue_measurements(here: Settings, run_ids: Iterable[str], requests: Sequence[Measurement]) -> None:
    """Queue each request for each run, and start a worker if none is running.

    Raises:
        OtherData: the data folder has other images than those that a run was trained on; nothing was queued.
        InputError: as `submit_measurement`.
    """
    run_ids = list(run_ids)
    for run_id in run_ids:
        check_test_data_at_hand(here.store, run_id, requests[0], here.worker.data_dir)
    for run_id in run_ids:
        for request in requests:
            submit_measurement(here.store, here.queue, run_id, request, here.worker.place)
    client.start_worker(here.worker)


def measure_and_rerun(here: Settings, run_ids: Iterable[str], requests: Sequence[Measurement]) -> None:
    """Queue measurements and rerun the page, or draw why they were refused."""
    with errors_drawn("The runs could not be measured."):
        queue_measurements(here, run_ids, requests)
        st.rerun()
