"""The form of a sweep: λ and μ as ranges and single values, seeds, data, length, attacks."""

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.jobs.queue_panel import duration
from dashboard.launch.form import MOST_SEEDS, number, pick_scope
from dashboard.settings import Settings
from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DATASETS
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import ARCHITECTURES
from engine.queue.client import start_worker
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.run_settings import MOST_RUNS
from engine.studies.study import study_progress, submit_study
from engine.studies.sweep import Spacing, SweepRequest, spaced, value_list
from engine.studies.sweep_files import save_sweep
from engine.training.schedule import TrainingConfig
from engine.validation import field_limits, validated

START = SweepRequest(l1_strengths=(0.0, 0.01, 0.1, 1.0), mus=(0.0, 0.01, 0.1, 1.0))


def draw_sweep_form(here: Settings, runs: Sequence[RunOverview]) -> None:
    """What to launch, what of it is there already, how long the rest takes; a button launches it.

    Args:
        runs: all in the store.
    """
    form, summary = st.columns([3, 2], gap="large")
    with form:
        request = read_form()
    with summary, st.container(border=True):
        if isinstance(request, SweepRequest):
            draw_summary(here, request, runs)
        else:
            st.error(str(request))


def read_form() -> SweepRequest | InputError:
    """The widgets; what they ask for, or the first thing wrong with it."""
    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Data set", list(DATASETS), format_func=lambda name: DATASETS[name].title, key="sweep-dataset"
        )
    with right:
        scope = pick_scope("conv1", "sweep-scope")
    steps = st.segmented_control(
        "Spacing",
        ["logarithmic", "linear"],
        default="logarithmic",
        required=True,
        format_func={"logarithmic": "Equal ratios", "linear": "Equal steps"}.__getitem__,
        key="sweep-spacing",
    )
    spacing: Spacing = "linear" if steps == "linear" else "logarithmic"
    l1 = _strengths("λ", "sweep-l1s")
    mu = _strengths("μ", "sweep-mus")
    first, second, third, fourth = st.columns(4)
    seeds = first.number_input("Seeds", 1, MOST_SEEDS, 1, key="sweep-seeds", help="Runs per point")
    seed = number(second, "First seed", RunConfig, "seed", 0, "sweep-seed")
    epochs = number(third, "Epochs", TrainingConfig, "epochs", START.training.epochs, "sweep-epochs")
    samples = number(fourth, "Images attacked", EvaluationRequest, "samples", START.samples, "sweep-samples")
    attacks = st.pills(
        "Attacks on every run",
        list(ATTACKS),
        selection_mode="multi",
        default=list(START.attacks),
        key="sweep-attacks",
        wrap=True,
        help="None trains only; attacks can be added later, by launching the same sweep with them.",
    )
    with st.expander("More settings"):
        training = {"epochs": epochs} | _training()
        threat, architecture = _threat_and_architecture(dataset)
    try:
        return validated(
            SweepRequest,
            dataset=dataset,
            architecture=architecture,
            scope=scope,
            training=validated(TrainingConfig, **training),
            threat=threat and validated(ThreatModel, **threat),
            l1_strengths=_values(l1, spacing),
            mus=_values(mu, spacing),
            seeds=tuple(range(seed, seed + seeds)),
            attacks=tuple(name for name in ATTACKS if name in attacks),
            samples=samples,
        )
    except InputError as error:
        return error


def draw_summary(here: Settings, request: SweepRequest, runs: Sequence[RunOverview]) -> None:
    """Number of runs, time, command line and button, or the one thing that keeps it from being launched."""
    try:
        study = request.study
        check_available(request.dataset, here.worker.data_dir)
        device = resolve_device(request.device)
    except InputError as error:
        st.error(str(error))
        return
    progress = study_progress(here.store, here.queue, study, runs)
    there = sum(step.trained == 1 for step in progress.steps)
    seconds = progress.seconds_left(here.queue.rates(), here.worker.slots_on(device), device)
    models, time = st.columns(2)
    models.metric("New runs", len(progress.steps) - there, help=f"At most {MOST_RUNS} runs in one sweep")
    time.metric(
        "Estimated time",
        duration(seconds) if seconds is not None else "–",
        help="Training and attacks at the speed that the worker measured here, at most; – until it has.",
    )
    points = f"{len(request.l1_strengths)} λ × {len(request.mus)} μ"
    st.caption(f"{points}, {len(progress.steps)} runs in all; {there} of them are there already.")
    st.caption(f"λ: {value_list(request.l1_strengths)}. μ: {value_list(request.mus)}.")
    st.caption("The same on the command line")
    st.code(request.command(), language="bash", wrap_lines=True)
    if st.button("Launch sweep", type="primary", icon=":material/grid_on:", width="stretch"):
        try:
            save_sweep(here.store, request)
            submit_study(here.store, here.queue, study, runs)
            start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(f"Could not be launched. {error}")
            return
        st.rerun()


def parse_values(text: str) -> tuple[float, ...]:
    """Numbers between commas, semicolons or spaces; InputError for anything else."""
    try:
        return tuple(float(word.replace("−", "-")) for word in re.split(r"[\s,;]+", text) if word)
    except ValueError as error:
        raise InputError("numbers, with commas between them", repr(text), "Write, for example, 0.05, 0.2.") from error


def _strengths(name: str, key: str) -> dict[str, Any]:
    low, high, count, others, zero = st.columns([2, 2, 2, 3, 1], vertical_alignment="bottom")
    limits = {"field": "l1_strength", "model": ObjectiveConfig, "low": 0.0}
    return {
        "low": number(low, f"{name} from", value=0.01, key=f"{key}-low", **limits),
        "high": number(high, "to", value=1.0, key=f"{key}-high", **limits),
        "count": count.number_input("values", 0, 64, 3, key=f"{key}-count", help="0 for those named alone"),
        "others": others.text_input(
            "also these",
            key=f"{key}-others",
            placeholder="0.05, 0.2",
            help="Negative μ is weight decay" if name == "μ" else "Up to 10",
        ),
        "zero": zero.toggle("0", True, key=f"{key}-zero", help=f"Also {name} = 0"),
    }


def _values(asked: dict[str, Any], spacing: Spacing) -> tuple[float, ...]:
    found = parse_values(asked["others"]) + ((0.0,) if asked["zero"] else ())
    if asked["count"]:
        found += spaced(asked["low"], asked["high"], asked["count"], spacing)
    return tuple(sorted(set(found)))


def _training() -> dict[str, Any]:
    labels = {
        "learning_rate": "Learning rate",
        "halve_every": "Halve every (epochs)",
        "batch_size": "Batch size",
        "snapshots_per_epoch": "Snapshots per epoch",
        "weight_limit": "Weight limit",
    }
    return {
        field: number(place, label, TrainingConfig, field, getattr(START.training, field), f"sweep-{field}")
        for place, (field, label) in zip(st.columns(len(labels)), labels.items(), strict=True)
    }


def _threat_and_architecture(dataset: str) -> tuple[dict[str, Any] | None, str]:
    first, second, third = st.columns(3)
    images = DATASETS[dataset]
    epsilon = number(first, "ε of the attacks", ThreatModel, "epsilon", images.epsilon, f"sweep-epsilon-{dataset}")
    units = field_limits(ThreatModel, "unit").choices
    unit = second.selectbox("Unit of ε", units, units.index("normalized"), key="sweep-unit")
    architecture = third.selectbox(
        "Architecture",
        [name for name, spec in ARCHITECTURES.items() if spec.fits(images.shape)],
        format_func=lambda name: ARCHITECTURES[name].title,
        key=f"sweep-architecture-{'x'.join(map(str, images.shape))}",
    )
    is_paper = epsilon == images.epsilon and unit == "normalized"
    return (None if is_paper else {"norm": "linf", "epsilon": epsilon, "unit": unit}), architecture
