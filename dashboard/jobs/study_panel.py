"""A study as people see it: what it would take, how far it is, and the buttons that change that."""

from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.jobs.queue_panel import attend_worker
from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import InputError
from engine.formatting import duration
from engine.queue import client
from engine.queue.overview import RunOverview
from engine.studies.study import Step, Study, StudyProgress, stop_study, study_jobs, study_progress, submit_study

TICK = 1.0


def draw_study(here: Settings, study: Study, runs: Sequence[RunOverview], key: str) -> None:
    """The launch of what is missing, or a bar that follows it while it is at work; in read-only mode without buttons.

    Args:
        runs: all in the store, as they are now.
        key: the study's identity on its page.
    """
    first = study_progress(here.store, here.queue, study, runs)
    run_every = TICK if first.is_busy else None
    st.fragment(_watch, run_every=run_every, key=key)(here, study, key, [first], first.is_busy)


def _watch(here: Settings, study: Study, key: str, first: list[StudyProgress], was_busy: bool) -> None:
    """Alone drawn again while the study is at work; the whole page once more when it ends.

    Args:
        first: what the page has just read; emptied, so that every later run reads anew.
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
    word = "Train and attack what is missing" if progress.count("missing") else "Try again"
    word = "Resume" if progress.count("stopped", "interrupted") else word
    runs = "1 run" if len(open_steps) == 1 else f"{len(open_steps)} runs"
    seconds = seconds_left(here, progress)
    label = f"{word} ({runs}{f', about {duration(seconds)}' if seconds else ''})"
    if st.button(label, key=f"{key}-launch", icon=":material/play_arrow:", type="primary"):
        try:
            check_available(study.configs[0].dataset, here.worker.data_dir)
            submit_study(here.store, here.queue, study, sources.runs())
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(f"Could not be launched. {error}")
            return
        st.rerun()


def draw_failures(here: Settings, study: Study, steps: Sequence[Step]) -> None:
    """Which have failed, and why."""
    for step in steps:
        if step.status == "failed":
            words = f"{step.config.label} failed: {_reason(here, study, step)}"
            st.caption(f":material/error: {plain(words)}")


def _reason(here: Settings, study: Study, step: Step) -> str:
    """What became of the training or the attacks that failed."""
    jobs = filter(None, map(here.queue.job, study_jobs(study, step)))
    errors = [job.error for job in jobs if job.status == "failed"]
    result = here.store.result(step.run_id) or {}
    return next(filter(None, [*errors, result.get("error")]), "no reason was recorded")


def progress_words(progress: StudyProgress, seconds: float | None) -> str:
    """Counts, and the remaining time while it is at work."""
    words = [f"{progress.count('finished')} of {len(progress.steps)} runs done"]
    for status, count in ((word, progress.count(word)) for word in ("failed", "stopped")):
        if count:
            words.append(f"{count} {status}")
    if missing := progress.count("missing"):
        words.append(f"{missing} not begun")
    if progress.is_busy and seconds is not None:
        words.append(f"about {duration(seconds)} left")
    return ", ".join(words)


def seconds_left(here: Settings, progress: StudyProgress) -> float | None:
    """At the speed measured here; None while there is none."""
    device = resolve_device(here.worker.device)
    return progress.seconds_left(here.queue.rates(), here.worker.processes_on(device), device)
