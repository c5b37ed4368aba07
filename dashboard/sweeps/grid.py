"""The strength grid of the page: its runs, protocol and quantities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import measured, sources
from dashboard.frames.labels import LAYERS
from dashboard.frames.sweeps import Quantity, point_frame, quantities_of, quantity, sweep_frame
from dashboard.memory import remembered_by_identity
from dashboard.ui.protocol_picker import pick_protocol, protocol_title
from dashboard.ui.widgets import addressed_select
from engine.measurements.request import digest
from engine.minmax.objective import PLACES
from engine.minmax.penalties import PENALTIES
from engine.minmax.quantities import recorded
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig
from engine.studies.alike import of_family
from engine.studies.strength_grid import GridPoint, grid_points, strength_grids
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedule import TrainingConfig

PLANE = "plane"


@dataclass(frozen=True)
class StrengthGrid:
    """Runs of one family under one protocol.

    runs: a `sweep_frame`; points: its `point_frame`.
    initial: largest |w| of the layer before training, over all seeds; None if the layer has no penalty.
    protocol: title of the protocol of the attacks; empty if no run was attacked.
    """

    of: RunConfig
    layer: str
    runs: pd.DataFrame
    points: pd.DataFrame
    quantities: tuple[Quantity, ...]
    initial: float | None
    protocol: str

    @property
    def title(self) -> str:
        return grid_words(self.of)

    @property
    def attacks(self) -> list[Quantity]:
        """Accuracies under attack."""
        return [one for one in self.quantities if one.is_under_attack]

    def quantity(self, name: str) -> Quantity:
        return next(one for one in self.quantities if one.name == name)


def pick_grid(runs: Sequence[RunOverview], awaited: Sequence[RunConfig] = ()) -> StrengthGrid | None:
    """The grid of the chosen family, layer and protocol, kept in the URL; None if no run has finished.

    Args:
        awaited: families that are preselected, initially and whenever they change.
    """
    counted = _strength_grids(runs)
    offered = [(of, count) for of, count in counted if count > 1] or counted
    if not offered:
        return None
    of = _pick_family(offered, awaited)
    layer = st.segmented_control(
        "Weights of",
        list(of.conv_layers),
        default=of.conv_layers[0],
        required=True,
        format_func=lambda name: LAYERS[str(name)],
        key="sweep-layer",
        bind="query-params",
    )
    return read_grid(of, runs, layer or of.conv_layers[0])


@remembered_by_identity
def _strength_grids(runs: Sequence[RunOverview]) -> list[tuple[RunConfig, int]]:
    return strength_grids(runs)


@remembered_by_identity
def _points(of: RunConfig, runs: Sequence[RunOverview], reports: Mapping[str, RobustnessReport]) -> Sequence[GridPoint]:
    return grid_points(runs, of, lambda run: run.run_id in reports)


def _pick_family(offered: Sequence[tuple[RunConfig, int]], awaited: Sequence[RunConfig]) -> RunConfig:
    """Draw a choice among the families, each with its number of points."""
    keys, state = {digest(of.model_dump_json(), 4): of for of, _ in offered}, st.session_state
    titles = {key: f"{grid_words(of)}; points: {count}" for key, (of, count) in zip(keys, offered, strict=True)}
    wanted = [key for key, of in keys.items() if of in awaited]
    if PLANE in state and wanted and wanted != state.get("plane-awaited"):
        state[PLANE] = wanted[0]
    state["plane-awaited"] = wanted
    help_text = "Runs that differ only in λ, μ and seed. Runs whose training is identical count once."
    return keys[addressed_select("Plane of λ and μ", titles, next(iter([*wanted, *keys])), PLANE, help_text)]


def read_grid(of: RunConfig, runs: Sequence[RunOverview], layer: str) -> StrengthGrid:
    """The grid of a family, with a choice of protocol if its runs were attacked under several."""
    members = [runs[place] for place in of_family([run.config for run in runs], of)]
    reports = {run.run_id: measured.reports(run.run_id) for run in members if run.status == "finished"}
    protocol = pick_protocol(reports)
    of_protocol = {run_id: found[protocol] for run_id, found in reports.items() if protocol in found}
    frame = sweep_frame(_points(of, members, of_protocol), of_protocol, layer)
    names = quantities_of(frame)
    return StrengthGrid(
        of,
        layer,
        frame,
        point_frame(frame),
        tuple(map(quantity, names)),
        initial_weight(frame, layer) if of.objective.scope == "all" or layer == of.conv_layers[0] else None,
        protocol_title(next(iter(of_protocol.values()))) if of_protocol else "",
    )


def initial_weight(frame: pd.DataFrame, layer: str) -> float | None:
    """Largest |w| of a layer before training, over one run per seed of a `sweep_frame`; None if unknown."""
    first = [next(iter(sources.history(str(run_id))), {}) for run_id in frame.groupby("seed")["run_id"].first()]
    found = [value for record in first if not np.isnan(value := recorded(record, "largest_weight", layer))]
    return max(found, default=None)


def grid_words(of: RunConfig) -> str:
    """Data set, scope, epochs and learning rate, then all settings that differ from the defaults."""
    training, default = of.training, TrainingConfig()
    scope = f"penalty on {PLACES[of.objective.scope]}"
    further = [f"{PENALTIES[name].title} {strength:g}" for name, strength in of.objective.penalties]
    words = [of.dataset_spec.title, scope, *further, of.length, f"learning rate {training.learning_rate:g}"]
    if training.halve_every:
        words.append(f"halved every {training.halve_every} epochs")
    if training.batch_size != default.batch_size:
        words.append(f"batch size {training.batch_size}")
    if training.optimizer != default.optimizer:
        words.append(OPTIMIZERS[training.optimizer].title)
    if of.architecture != "lenet":
        words.append(of.architecture_spec.title)
    return ", ".join(words)
