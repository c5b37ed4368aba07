"""Progress of a study, and buttons that launch, resume or stop it."""

from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.jobs.queue_panel import attend_worker
from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import DamagedFile
from engine.formatting import duration
from engine.queue import client
from engine.queue.overview import RunOverview
from engine.queue.run_queue import readable_jobs
from engine.studies.study import Step, Study, StudyProgress, stop_study, study_jobs, study_progress, submit_study

TICK = 1.0


def draw_study(here: Settings, study: Study, runs: Sequence[RunOverview], key: str) -> None:
    """Draw the launch of the missing runs, or a progress bar while the study is active; no buttons in read-only mode.

    Args:
        runs: all runs in the store, just read.
        key: identifies the study on its page.
    """
    first = study_progress(here.store, here.queue, study, runs)
    run_every = TICK if first.is_busy else None
    st.fragment(_watch, run_every=run_every, key=key)(here, study, key, [first], first.is_busy)


def _watch(here: Settings, study: Study, key: str, first: list[StudyProgress], was_busy: bool) -> None:
    """Draw the study. Only this fragment reruns while the study is active; the whole page reruns once when it ends.

    Args:
        first: progress that the page has just read; emptied here, so that every later rerun reads it again.
    """
    progress = first.pop() if first else study_progress(here.store, here.queue, study, sources.runs())
    if progress.is_busy:
        _draw_bar(here, study, progress, key)
    else:
        _draw_launch(here, study, progress, key)
    if was_busy and not progress.is_busy:
        st.rerun()


def _draw_bar(here: Settings, study: Study, progress: StudyProgress, key: str) -> None:
    attend_worker(here)
    left, action = st.columns([6, 1], vertical_alignment="center")
    left.progress(min(progress.fraction, 1.0), text=progress_words(progress, seconds_left(here, progress)))
    if not here.read_only and action.button("Stop", key=f"{key}-stop", icon=":material/stop:"):
        with errors_drawn():
            stop_study(here.queue, study, progress)
            st.rerun()


def _draw_launch(here: Settings, study: Study, progress: StudyProgress, key: str) -> None:
    if progress.is_finished:
        st.caption(f":material/check_circle: {progress_words(progress, None)}.")
        return
    draw_failures(here, study, progress.steps)
    open_steps = [step for step in progress.steps if not step.is_over]
    if not open_steps or here.read_only:
        return
    word = "Train and attack missing runs" if progress.count("missing") else "Retry failed runs"
    word = "Resume" if progress.count("stopped", "interrupted") else word
    runs = "1 run" if len(open_steps) == 1 else f"{len(open_steps)} runs"
    seconds = seconds_left(here, progress)
    label = f"{word} ({runs}{f', about {duration(seconds)}' if seconds else ''})"
    if st.button(label, key=f"{key}-launch", icon=":material/play_arrow:", type="primary"):
        with errors_drawn("The runs could not be launched."):
            check_available(study.configs[0].dataset, here.worker.data_dir)
            submit_study(here.store, here.queue, study, sources.runs(), here.worker.place)
            client.start_worker(here.worker)
            st.rerun()


def draw_failures(here: Settings, study: Study, steps: Sequence[Step]) -> None:
    """Draw the failed runs with their error messages."""
    for step in steps:
        if step.status in ("failed", "damaged"):
            words = f"{step.config.label} {step.status}: {_reason(here, study, step)}"
            st.caption(f":material/error: {plain(words)}")


def _reason(here: Settings, study: Study, step: Step) -> str:
    """Error message of the training or the attack that failed."""
    jobs, _ = readable_jobs(here.queue, study_jobs(study, step))
    errors = [job.error for job in jobs if job.status == "failed"]
    try:
        result = here.store.result(step.run_id) or {}
    except DamagedFile as error:
        return str(error)
    return next(filter(None, [*errors, result.get("error")]), "no error message was recorded")


def progress_words(progress: StudyProgress, seconds: float | None) -> str:
    """Numbers of runs by status, and the remaining time while the study is active."""
    words = [f"{progress.count('finished')} of {len(progress.steps)} runs done"]
    for status, count in ((word, progress.count(word)) for word in ("failed", "damaged", "stopped")):
        if count:
            words.append(f"{count} {status}")
    if missing := progress.count("missing"):
        words.append(f"{missing} not started")
    if progress.is_busy and seconds is not None:
        words.append(f"about {duration(seconds)} left")
    return ", ".join(words)


def seconds_left(here: Settings, progress: StudyProgress) -> float | None:
    """Remaining time at the speed measured on this machine; None if no speed has been measured."""
    device = resolve_device(here.worker.device)
    return progress.seconds_left(here.queue.rates(), here.worker.processes_on(device), device)
