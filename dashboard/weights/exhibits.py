"""Charts and tables of runs at one epoch, drawn on the page and added to its export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import sources
from dashboard.figures.histories import PANELS_HEIGHT, history_panels, phase_figure
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histories import POINTS, history_frame, spread_frame, thinning_words
from dashboard.frames.labels import LAYERS, unique_labels
from dashboard.frames.layer_moment import LayerMoment
from dashboard.ui.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.ui.layer_pictures import VIEWS
from dashboard.ui.live_charts import EMBEDDED_ROWS
from dashboard.ui.page_export import PageExport
from dashboard.ui.tables import Later
from dashboard.weights.controls import View
from engine.queue.overview import RunOverview


@dataclass(frozen=True)
class Moment:
    """Runs at one epoch.

    records: run_id -> its snapshots.
    passing: if true, the page is about to show the next epoch, so that its charts offer no CSV.
    """

    runs: Sequence[RunOverview]
    records: Mapping[str, Sequence[dict]]
    epoch: float
    passing: bool

    def layer(self, name: str) -> LayerMoment:
        """The layer `name` of the runs that have this layer and at least one snapshot."""
        shown = [run for run in self.runs if self.records[run.run_id] and name in run.config.conv_layers]
        weights = {run.run_id: sources.conv_weights(run.run_id, name) for run in shown}
        return LayerMoment(name, self.epoch, shown, self.records, weights)


def draw_pictures(export: PageExport, moment: Moment, view: View) -> None:
    """Draw the chosen view of every chosen layer."""
    for layer in view.layers:
        picture = VIEWS[view.name](moment.layer(layer), view.look)
        table = None if moment.passing else picture.table
        export.chart(picture.figure, key=f"{view.name} {layer}", height=picture.height, alt=picture.alt, table=table)
        if picture.caption:
            export.note(picture.caption)


def draw_histories(export: PageExport, moment: Moment, view: View, cursor: float | None) -> None:
    """Draw the training histories of the runs, with a cursor at the given epoch."""
    for layer in view.layers:
        shown = [run for run in moment.runs if moment.records[run.run_id] and layer in run.config.conv_layers]
        frame, title = _history(moment, shown, view, layer, POINTS), LAYERS[layer]
        table = None if moment.passing else _numbers(moment, shown, view, layer)
        export.chart(
            history_panels(frame, "Training history", layer_title=title, cursor=cursor),
            key=f"histories {layer}",
            height=PANELS_HEIGHT,
            alt=f"Fuzziness and near-zero count of the {title.lower()}, training loss and accuracies over epochs",
            table=table,
        )
        export.chart(
            phase_figure(frame, layer_title=title, cursor=cursor),
            key=f"path {layer}",
            height=430,
            alt=f"Accuracy under attack against fuzziness of the {title.lower()}, one path per run",
            table=table,
        )
    if words := thinning_words(moment.records.values(), extremes=not view.averaged, whole_csv=True):
        export.note(words)


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
