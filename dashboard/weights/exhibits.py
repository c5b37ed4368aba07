"""Charts and tables of runs at one epoch, drawn on the page and added to its export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from dashboard import sources
from dashboard.figures.coloring import painted
from dashboard.figures.frames import frame, frames_json
from dashboard.figures.histories import PANELS_HEIGHT, history_panels, panel_cursors, phase_figure, phase_parts
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histories import POINTS, history_frame, spread_frame, thinning_words
from dashboard.frames.labels import LAYERS, unique_labels
from dashboard.frames.layer_moment import LayerMoment
from dashboard.ui.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.ui.layer_films import layer_film
from dashboard.ui.layer_pictures import VIEWS
from dashboard.ui.live_charts import EMBEDDED_ROWS, Film
from dashboard.ui.page_export import PageExport
from dashboard.ui.playback import CLOCK
from dashboard.ui.tables import Later
from dashboard.weights.controls import View
from engine.queue.overview import RunOverview


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
        return LayerMoment(name, self.epoch, shown, self.records, weights)

    def filmed(self, frames: Callable[[Mapping[str, float]], list[dict]]) -> Film:
        """A chart's frames at the epochs of the film."""
        return Film(clock=CLOCK, now=self.name, frames=frames_json(frames(self.film)) if self.film else "")


def draw_pictures(export: PageExport, moment: Moment, view: View) -> None:
    """Draw the chosen view of every chosen layer."""
    for layer in view.layers:
        of_layer = moment.layer(layer)
        picture = VIEWS[view.name](of_layer, view.look)
        figure, table = picture.figure, None if moment.passing else picture.table
        film = moment.filmed(partial(layer_film, view.name, of_layer, view.look, figure=figure))
        key = f"{view.name} {layer}"
        export.chart(figure, key=key, height=picture.height, alt=picture.alt, table=table, film=film)
        if picture.caption:
            export.note(picture.caption)


def draw_histories(export: PageExport, moment: Moment, view: View, last: float) -> None:
    """Draw the training histories of the runs, with a cursor at an epoch before the last."""

    def cursor_at(epoch: float) -> float | None:
        return epoch if epoch < last else None

    def panel_frames(film: Mapping[str, float]) -> list[dict]:
        return [frame(name, layout={"shapes": panel_cursors(cursor_at(epoch))}) for name, epoch in film.items()]

    cursor = cursor_at(moment.epoch)
    for layer in view.layers:
        shown = [run for run in moment.runs if moment.records[run.run_id] and layer in run.config.conv_layers]
        history, title = painted(_history(moment, shown, view, layer, POINTS), view.look.styles), LAYERS[layer]
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
            film=moment.filmed(lambda film, rows=history: path_frames(film, rows, cursor_at)),
        )
    if words := thinning_words(moment.records.values(), extremes=not view.averaged, whole_csv=True):
        export.note(words)


def path_frames(
    film: Mapping[str, float], history: pd.DataFrame, cursor_at: Callable[[float], float | None]
) -> list[dict]:
    """Frames of `phase_figure`: every second trace is the present point of a run."""
    parts = phase_parts(history, [cursor_at(epoch) for epoch in film.values()])
    return [frame(name, now, places=range(1, 2 * len(now), 2)) for name, now in zip(film, parts, strict=True)]


def _history(moment: Moment, runs: Sequence[RunOverview], view: View, layer: str, points: int | None) -> pd.DataFrame:
    frame = history_frame(runs, moment.records, layer, points, extremes=not view.averaged)
    return spread_frame(runs, frame) if view.averaged else frame


def _numbers(moment: Moment, runs: Sequence[RunOverview], view: View, layer: str) -> pd.DataFrame | Later:
    """All numbers of the histories; if they are many, on request."""
    rows = sum(len(moment.records[run.run_id]) for run in runs)
    whole = Later(rows, lambda: _history(moment, runs, view, layer, None))
    return whole.build() if rows <= EMBEDDED_ROWS else whole


def draw_comparison(export: PageExport, moment: Moment, view: View) -> None:
    """Draw a table per layer that compares the runs with the reference."""
    labels = unique_labels(moment.runs)
    for layer in view.layers:
        of_layer = moment.layer(layer)
        if view.reference not in of_layer.positions:
            continue
        table = comparison_frame(
            of_layer.runs, of_layer.weights, moment.records, of_layer.positions, view.reference, layer
        )
        title = f"{of_layer.title_now}, measured against {labels[view.reference]}"
        export.table(readable(table), key=f"comparison-{layer}", title=title, column_config=COLUMN_CONFIG)
        if words := in_words(table, view.reference):
            export.note(words)
