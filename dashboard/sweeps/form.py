"""The form of a sweep: λ and μ as ranges and single values, seeds, data set, epochs and attacks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.settings import Settings
from dashboard.sweeps.summary import draw_summary
from dashboard.ui.errors import draw_error
from dashboard.ui.widgets import (
    MOST_SEEDS,
    TRAINING_LABELS,
    number,
    numbers,
    pick_architecture,
    pick_scope,
    pick_threat,
)
from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import ObjectiveConfig, Scope
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.studies.sweep import Spacing, SweepRequest, spaced
from engine.training.schedule import TrainingConfig
from engine.validation import validated

START = SweepRequest(l1_strengths=(0.0, 0.01, 0.1, 1.0), mus=(0.0, 0.01, 0.1, 1.0))
ORDER = ("learning_rate", "halve_every", "batch_size", "snapshots_per_epoch", "weight_limit")
LABELS = {field: TRAINING_LABELS[field] for field in ORDER}


@dataclass(frozen=True)
class Strengths:
    """The values of λ or μ in the form: a range, single values as text, and 0."""

    low: float
    high: float
    count: int
    others: str
    zero: bool

    def values(self, spacing: Spacing) -> tuple[float, ...]:
        """All values, ascending; InputError if the text is not numbers or the range does not allow this spacing."""
        found = parse_values(self.others) + ((0.0,) if self.zero else ())
        if self.count:
            found += spaced(self.low, self.high, self.count, spacing)
        return tuple(sorted(set(found)))


def draw_sweep_form(here: Settings, runs: Sequence[RunOverview]) -> None:
    """Draw the form, the number of new runs, the estimated time, and the launch button.

    Args:
        runs: all runs in the store.
    """
    form, summary = st.columns([3, 2], gap="large")
    with form:
        request = read_form()
    with summary, st.container(border=True):
        if isinstance(request, SweepRequest):
            draw_summary(here, request, runs)
        else:
            draw_error(request)


def read_form() -> SweepRequest | InputError:
    """The request in the widgets, or the first error in it."""
    dataset, scope = _read_data_and_scope()
    spacing = _read_spacing()
    l1, mu = _read_strengths("λ", "sweep-l1s"), _read_strengths("μ", "sweep-mus")
    seeds, epochs, samples = _read_numbers()
    attacks = st.pills(
        "Attacks on every run",
        list(ATTACKS),
        selection_mode="multi",
        default=list(START.attacks),
        key="sweep-attacks",
        wrap=True,
        help="Without attacks, runs are only trained; launch the same sweep with attacks later to add them.",
    )
    with st.expander("More settings"):
        training = numbers(st.columns(len(LABELS)), LABELS, START.training, "sweep-")
        threat, architecture = _read_threat_and_architecture(dataset)
    try:
        return validated(
            SweepRequest,
            dataset=dataset,
            architecture=architecture,
            scope=scope,
            training=validated(TrainingConfig, epochs=epochs, **training),
            threat=threat and validated(ThreatModel, **threat),
            l1_strengths=l1.values(spacing),
            mus=mu.values(spacing),
            seeds=seeds,
            attacks=tuple(name for name in ATTACKS if name in attacks),
            samples=samples,
        )
    except InputError as error:
        return error


def parse_values(text: str) -> tuple[float, ...]:
    """Numbers separated by commas, semicolons or spaces; InputError for anything else."""
    try:
        return tuple(float(word.replace("−", "-")) for word in re.split(r"[\s,;]+", text) if word)
    except ValueError as error:
        raise InputError("numbers separated by commas", repr(text), "For example: 0.05, 0.2.") from error


def _read_data_and_scope() -> tuple[str, Scope | None]:
    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Data set", list(DATASETS), format_func=lambda name: DATASETS[name].title, key="sweep-dataset"
        )
    with right:
        return dataset, pick_scope("conv1", "sweep-scope")


def _read_spacing() -> Spacing:
    steps = st.segmented_control(
        "Spacing",
        ["logarithmic", "linear"],
        default="logarithmic",
        required=True,
        format_func={"logarithmic": "Equal ratios", "linear": "Equal steps"}.__getitem__,
        key="sweep-spacing",
    )
    return "linear" if steps == "linear" else "logarithmic"


def _read_strengths(name: str, key: str) -> Strengths:
    low, high, count, others, zero = st.columns([2, 2, 2, 3, 1], vertical_alignment="bottom")
    limits = {"field": "l1_strength", "model": ObjectiveConfig, "low": 0.0}
    return Strengths(
        low=number(low, f"{name} from", value=0.01, key=f"{key}-low", **limits),
        high=number(high, "to", value=1.0, key=f"{key}-high", **limits),
        count=count.number_input(
            "values", 0, 64, 3, key=f"{key}-count", help="Number of values in the range; 0 for no range"
        ),
        others=others.text_input(
            "additional values",
            key=f"{key}-others",
            placeholder="0.05, 0.2",
            help="A negative μ is weight decay" if name == "μ" else "Each at most 10",
        ),
        zero=zero.toggle("0", True, key=f"{key}-zero", help=f"Include {name} = 0"),
    )


def _read_numbers() -> tuple[tuple[int, ...], int, int]:
    """Seeds, epochs and number of attacked images, in one row."""
    first, second, third, fourth = st.columns(4)
    seeds = first.number_input("Seeds", 1, MOST_SEEDS, 1, key="sweep-seeds", help="Number of runs per point")
    seed = number(second, "First seed", RunConfig, "seed", 0, "sweep-seed")
    epochs = number(third, "Epochs", TrainingConfig, "epochs", START.training.epochs, "sweep-epochs")
    samples = number(fourth, "Attacked images", EvaluationRequest, "samples", START.samples, "sweep-samples")
    return tuple(range(seed, seed + seeds)), epochs, samples


def _read_threat_and_architecture(dataset: str) -> tuple[dict[str, Any] | None, str]:
    *places, last = st.columns(3)
    images = DATASETS[dataset]
    threat = pick_threat(places, "ε of the attacks", images, f"sweep-epsilon-{dataset}", "sweep-unit")
    return threat, pick_architecture(last, images, "sweep-architecture")
