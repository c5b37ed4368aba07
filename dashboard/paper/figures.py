"""Figures 2 to 6 of the paper, drawn from our runs."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import sources
from dashboard.figures.histories import history_figure
from dashboard.figures.weights import index_figure
from dashboard.frames.histories import POINTS, history_frame, spread_frame, thinning_words
from dashboard.frames.layer_moment import LayerMoment
from dashboard.frames.weights import weight_frame
from dashboard.memory import remembered_by_identity
from dashboard.paper.reading import as_seeds
from dashboard.paper.words import number_words
from dashboard.ui.layer_pictures import Look, Picture, histogram_picture, indexed_picture
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import forget_unknown
from engine.paper.evidence import Evidence
from engine.queue.overview import RunOverview
from engine.runs.columns import Records
from engine.runs.film import Film
from engine.runs.variants import VARIANTS

LAYER = "conv1"
PART = 75
"""Number of weights shown where the paper shows "part" of them: the first ones."""


def draw_figures(export: PageExport, evidence: Evidence) -> None:
    """Draw the weights of one seed, and the loss over all seeds."""
    st.header("Figures 2 to 6", anchor="figures")
    by_seed = _seeds(evidence)
    if not by_seed:
        export.note("No run has recorded weights for these figures yet; see “Missing runs” below.")
        return
    seed = _pick_seed(by_seed)
    runs = by_seed[seed]
    if absent := [
        VARIANTS[name] for name in ("std", "adv", "min-max") if name not in {run.config.variant for run in runs}
    ]:
        export.note(f"Missing runs of seed {seed}: {', '.join(absent)}.")
    moment = _moment(runs)
    draw_weights(export, moment)
    left, right = st.columns(2)
    with left:
        draw_loss(export, evidence)
    with right:
        draw_membership(export, moment)


def draw_weights(export: PageExport, moment: LayerMoment) -> None:
    """Draw Fig. 2, 4 and 5: weights as histograms and by index."""
    for number, picture in weight_pictures(moment).items():
        key = f"paper-figure-{number[:2]}"
        export.chart(picture.figure, key=key, height=picture.height, alt=picture.alt, table=picture.table)
        if picture.caption:
            export.note(picture.caption)


@remembered_by_identity
def weight_pictures(moment: LayerMoment) -> dict[str, Picture]:
    """Number of a figure of the paper -> our picture, titled with this number."""
    pictures = {"2a, 4 and 5": histogram_picture(moment, Look()), "2b": indexed_picture(moment, Look())}
    return {number: picture._replace(figure=_titled(picture.figure, number)) for number, picture in pictures.items()}


def _titled(figure: go.Figure, number: str) -> go.Figure:
    return go.Figure(figure).update_layout(title_text=f"Fig. {number}. {figure.layout['title']['text']}")


def draw_loss(export: PageExport, evidence: Evidence) -> None:
    """Draw Fig. 3: training loss of Std and Min-Max, as mean and spread if there are several seeds."""
    runs = [run for variant in ("std", "min-max") for run in evidence.runs.get(variant, {}).values()]
    records = sources.histories(runs)
    frame = loss_frame(runs, records)
    seeds = [f"{VARIANTS[name]} {number_words(evidence.runs.get(name, {})) or 'none'}" for name in ("std", "min-max")]
    export.chart(
        history_figure(frame, "loss", "Fig. 3. Training loss", "Cross-entropy (nats)"),
        key="paper-figure-3",
        height=410,
        alt=f"Training loss over epochs of Std and Min-Max, seeds {', '.join(seeds)}",
        table=frame,
    )
    thinning = thinning_words(records.values(), extremes=False, whole_csv=False)
    note = f"Mean over the batches since the previous snapshot, without the penalty. Seeds: {', '.join(seeds)}."
    export.note(f"{note} {thinning}".rstrip())


@remembered_by_identity
def loss_frame(runs: Sequence[RunOverview], records: Mapping[str, Records]) -> pd.DataFrame:
    """The `spread_frame` of the runs that have records."""
    alike = as_seeds([run for run in runs if records[run.run_id]])
    thinned = history_frame(alike, records, LAYER, POINTS, extremes=False)
    return spread_frame(alike, thinned) if alike else thinned


def draw_membership(export: PageExport, moment: LayerMoment) -> None:
    """Draw Fig. 6: membership of part of the weights of Std and Min-Max."""
    part = part_frame(moment)
    figure = index_figure(part, "membership", "Fig. 6. First convolution")
    export.chart(
        figure,
        key="paper-figure-6",
        height=410,
        alt=f"Membership of the first {PART} weights of the first convolution, Std and Min-Max",
        table=part,
    )
    export.note(f"The first {PART} weights in index order; the paper does not say which part it shows.")


@remembered_by_identity
def part_frame(moment: LayerMoment) -> pd.DataFrame:
    """The `weight_frame` of part of the weights of Std and Min-Max."""
    shown = [run for run in moment.runs if run.config.variant in ("std", "min-max")]
    table = weight_frame(shown, moment.weights, {run.run_id: moment.positions[run.run_id] for run in shown})
    return table.loc[table["index"] < PART, :]


def _seeds(evidence: Evidence) -> dict[int, list[RunOverview]]:
    """Std, Adv and Min-Max runs with recorded weights, by seed; the seeds with the most runs come first."""
    found: dict[int, list[RunOverview]] = {}
    for variant in ("std", "adv", "min-max"):
        for seed, run in evidence.runs.get(variant, {}).items():
            if len(sources.conv_weights(run.run_id, LAYER)):
                found.setdefault(seed, []).append(run)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _pick_seed(by_seed: dict[int, list[RunOverview]]) -> int:
    seeds = sorted(by_seed)
    if len(seeds) == 1:
        return seeds[0]
    forget_unknown("figures-seed", seeds)
    best = next(iter(by_seed))
    return st.selectbox(
        "Seed of figures 2, 4, 5 and 6", seeds, seeds.index(best), key="figures-seed", bind="query-params", width=260
    )


def _moment(runs: Sequence[RunOverview]) -> LayerMoment:
    """The weights of the first convolution at the end of training."""
    weights = {run.run_id: sources.conv_weights(run.run_id, LAYER) for run in runs}
    return _last_moment(runs, sources.histories(runs), weights)


@remembered_by_identity
def _last_moment(
    runs: Sequence[RunOverview], records: Mapping[str, Records], weights: Mapping[str, Film]
) -> LayerMoment:
    last = max(of_run[-1]["epoch"] for of_run in records.values())
    return LayerMoment(LAYER, last, runs, records, weights)
