"""Charts and tables of runs at one epoch, drawn on the page and added to its export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from dashboard import sources
from dashboard.figures.coloring import painted
from dashboard.figures.frames import frame, frames_json
from dashboard.figures.histories import PANELS_HEIGHT, history_panels, panel_cursors, phase_figure, phase_parts
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histories import POINTS, history_frame, spread_frame, thinning_words
from dashboard.frames.labels import LAYERS, unique_labels
from dashboard.frames.layer_moment import LayerMoment
from dashboard.memory import remembered_by_identity
from dashboard.ui.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.ui.layer_films import layer_film
from dashboard.ui.layer_pictures import VIEWS, Look
from dashboard.ui.live_charts import EMBEDDED_ROWS, Film
from dashboard.ui.page_export import PageExport
from dashboard.ui.playback import CLOCK
from dashboard.ui.tables import Later
from dashboard.weights.controls import View
from engine.queue.overview import RunOverview
from engine.runs.film import Film as WeightFilm


@dataclass(frozen=True)
class Moment:
    """Runs at one epoch.

    records: run_id -> its snapshots.
    passing: if true, the page is about to show the next epoch, so that its charts offer no CSV.
    name: of the epoch, in the browser. film: name -> epoch that the browser shows without asking.
    """

    runs: Sequence[RunOverview]
    records: Mapping[str, Sequence[dict]]
    epoch: float
    passing: bool
    name: str = ""
    film: Mapping[str, float] = field(default_factory=dict)

    def layer(self, name: str) -> LayerMoment:
        """The layer `name` of the runs that have this layer and at least one snapshot."""
        shown = [run for run in self.runs if self.records[run.run_id] and name in run.config.conv_layers]
        weights = {run.run_id: sources.conv_weights(run.run_id, name) for run in shown}
        return _layer_moment(name, self.epoch, shown, self.records, weights)

    def filmed(self, frames: Callable[[Mapping[str, float]], str]) -> Film:
        """A chart's frames at the epochs of the film, as JSON."""
        return Film(clock=CLOCK, now=self.name, frames=frames(self.film) if self.film else "")


@remembered_by_identity
def _layer_moment(
    layer: str,
    epoch: float,
    runs: Sequence[RunOverview],
    records: Mapping[str, Sequence[dict]],
    weights: Mapping[str, WeightFilm],
) -> LayerMoment:
    return LayerMoment(layer, epoch, runs, records, weights)


def draw_pictures(export: PageExport, moment: Moment, view: View) -> None:
    """Draw the chosen view of every chosen layer."""
    for layer in view.layers:
        of_layer = moment.layer(layer)
        picture = VIEWS[view.name](of_layer, view.look)
        figure, table = picture.figure, None if moment.passing else picture.table
        film = moment.filmed(partial(_picture_frames, view.name, of_layer, view.look, figure))
        key = f"{view.name} {layer}"
        export.chart(figure, key=key, height=picture.height, alt=picture.alt, table=table, film=film)
        if picture.caption:
            export.note(picture.caption)


@remembered_by_identity
def _picture_frames(view: str, moment: LayerMoment, look: Look, figure: go.Figure, film: Mapping[str, float]) -> str:
    return frames_json(layer_film(view, moment, look, film, figure))


def draw_histories(export: PageExport, moment: Moment, view: View, last: float) -> None:
    """Draw the training histories of the runs, with a cursor at an epoch before the last."""

    def cursor_at(epoch: float) -> float | None:
        return epoch if epoch < last else None

    def panel_frames(film: Mapping[str, float]) -> str:
        shapes = {name: panel_cursors(cursor_at(epoch)) for name, epoch in film.items()}
        return frames_json([frame(name, layout={"shapes": found}) for name, found in shapes.items()])

    def path_frames(rows: pd.DataFrame, film: Mapping[str, float]) -> str:
        return _path_frames(rows, {name: cursor_at(epoch) for name, epoch in film.items()})

    cursor = cursor_at(moment.epoch)
    for layer in view.layers:
        shown = [run for run in moment.runs if moment.records[run.run_id] and layer in run.config.conv_layers]
        numbers = _history(shown, moment.records, view.averaged, layer, POINTS)
        history, title = painted(numbers, view.look.styles), LAYERS[layer]
        table = None if moment.passing else _numbers(moment, shown, view, layer)
        export.chart(
            history_panels(history, "Training history", layer_title=title, cursor=cursor),
            key=f"histories {layer}",
            height=PANELS_HEIGHT,
            alt=f"Fuzziness and near-zero count of the {title.lower()}, training loss and accuracies over epochs",
            table=table,
            film=moment.filmed(panel_frames),
        )
        export.chart(
            phase_figure(history, layer_title=title, cursor=cursor),
            key=f"path {layer}",
            height=430,
            alt=f"Accuracy under attack against fuzziness of the {title.lower()}, one path per run",
            table=table,
            film=moment.filmed(partial(path_frames, numbers)),
        )
    if words := thinning_words(moment.records.values(), extremes=not view.averaged, whole_csv=True):
        export.note(words)


@remembered_by_identity
def _path_frames(history: pd.DataFrame, cursors: Mapping[str, float | None]) -> str:
    """Frames of `phase_figure` by name: every second trace is the present point of a run."""
    parts = phase_parts(history, list(cursors.values()))
    places = range(1, 2 * len(parts[0]), 2) if parts else ()
    return frames_json([frame(name, now, places) for name, now in zip(cursors, parts, strict=True)])


@remembered_by_identity
def _history(
    runs: Sequence[RunOverview],
    records: Mapping[str, Sequence[dict]],
    averaged: bool,
    layer: str,
    points: int | None,
) -> pd.DataFrame:
    frame = history_frame(runs, records, layer, points, extremes=not averaged)
    return spread_frame(runs, frame) if averaged else frame


def _numbers(moment: Moment, runs: Sequence[RunOverview], view: View, layer: str) -> pd.DataFrame | Later:
    """All numbers of the histories; if they are many, on request."""
    rows = sum(len(moment.records[run.run_id]) for run in runs)
    whole = Later(rows, lambda: _history(runs, moment.records, view.averaged, layer, None))
    return whole.build() if rows <= EMBEDDED_ROWS else whole


def draw_comparison(export: PageExport, moment: Moment, view: View) -> None:
    """Draw a table per layer that compares the runs with the reference."""
    labels = unique_labels(moment.runs)
    for layer in view.layers:
        of_layer = moment.layer(layer)
        if view.reference not in of_layer.positions:
            continue
        table = _compared(of_layer, view.reference)
        title = f"{of_layer.title_now}, measured against {labels[view.reference]}"
        export.table(readable(table), key=f"comparison-{layer}", title=title, column_config=COLUMN_CONFIG)
        if words := in_words(table, view.reference):
            export.note(words)


@remembered_by_identity
def _compared(moment: LayerMoment, reference: str) -> pd.DataFrame:
    return comparison_frame(moment.runs, moment.weights, moment.records, moment.positions, reference, moment.layer)
