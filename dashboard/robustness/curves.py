"""Accuracy against epsilon: curves of the chosen runs, their half-accuracy points, and pixel thresholds."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.coloring import Styles, painted
from dashboard.figures.curves import curve_figure
from dashboard.frames.curves import curve_frame, curve_groups, curve_summary, threshold_frame
from dashboard.frames.labels import unique_labels
from dashboard.jobs.measurement_panel import measure_and_rerun
from dashboard.robustness.curve_words import epsilon_title, readable, threshold_words, way_title
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import number, pick_unit
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DatasetSpec
from engine.errors import InputError
from engine.measurements.curve.request import CURVE_ATTACKS, CurveRequest, paper_step
from engine.queue.overview import RunOverview
from engine.robustness.curve import MOST_STEPS, RobustnessCurve
from engine.studies.pairing import seed_groups
from engine.validation import validated

FORMATS = {
    "Clean (%)": st.column_config.NumberColumn(format="%.1f"),
    "Half of accuracy lost at ε": st.column_config.NumberColumn(format="%.3f"),
    "± over seeds": st.column_config.NumberColumn(format="%.3f"),
    "in pixels": st.column_config.NumberColumn(format="%.4f"),
    "All accuracy lost at ε": st.column_config.NumberColumn(format="%.3g"),
}
Curves = Mapping[str, RobustnessCurve]


def draw_curves_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Draw the form for curves: attack, step and number of images; a button queues them for all chosen runs."""
    is_traced = any(measured.curves(run.run_id) for run in chosen)
    with st.expander("Measure accuracy against ε", icon=":material/trending_down:", expanded=not is_traced):
        spec = chosen[0].config.dataset_spec
        first, second, third, fourth = st.columns(4)
        attack = first.selectbox("Attack", CURVE_ATTACKS, CURVE_ATTACKS.index("pgd"), key="curve-attack")
        step = number(second, "Step of ε", ThreatModel, "epsilon", paper_step(spec), f"curve-step-{spec.name}")
        unit = pick_unit(third, "curve-unit")
        samples = number(fourth, "Test images", CurveRequest, "samples", 200, "curve-samples")
        try:
            threat = validated(ThreatModel, norm="linf", epsilon=step, unit=unit)
            request = validated(CurveRequest, attack=attack, threat=threat, samples=samples)
        except InputError as error:
            draw_error(error)
            return
        st.caption(
            "ε grows by one step at a time. Each attack runs on the images that are still classified correctly. The "
            "curve ends when no such image is left, when the ball contains every possible image, or after "
            f"{MOST_STEPS} steps. Equivalent command:"
        )
        run_ids = [run.run_id for run in chosen]
        draw_commands(request.command(run_ids))
        if st.button("Measure curves", type="primary", icon=":material/trending_down:", key="trace"):
            measure_and_rerun(here, run_ids, [request])


def draw_curves(here: Settings, chosen: list[RunOverview], export: PageExport, styles: Styles) -> None:
    """Draw curves measured with the same settings: chart, table and notes."""
    st.caption("Accuracy as the attack budget ε grows, from clean images until every image is misclassified.")
    found = {run.run_id: {curve.way: curve for curve in measured.curves(run.run_id)} for run in chosen}
    way = pick_way(found)
    if way is None:
        hint = "" if here.read_only else " Measure it above."
        st.info(f"Accuracy against ε has not been measured for these runs yet.{hint}", icon=":material/trending_down:")
        return
    curves = {run_id: ways[way] for run_id, ways in found.items() if way in ways}
    draw_way(export, chosen, curves, is_together(chosen), styles)


def pick_way(found: Mapping[str, Curves]) -> str | None:
    """Draw a choice among the settings of all curves, most runs and images first; None without curves."""
    ways = {way: curve for curves in found.values() for way, curve in curves.items()}
    if not ways:
        return None
    shared = {way: sum(way in curves for curves in found.values()) for way in ways}
    order = sorted(ways, key=lambda way: (not ways[way].attack.minimizes, shared[way], ways[way].n), reverse=True)
    return st.selectbox(
        "Curves", order, format_func=lambda way: way_title(ways[way]), key="curve-way", bind="query-params"
    )


def is_together(chosen: Sequence[RunOverview]) -> bool:
    """Whether runs that differ only in the seed are one line; a toggle is shown only if such runs exist."""
    if all(len(group) == 1 for group in seed_groups(chosen).values()):
        return False
    help_text = "If off, runs that differ only in the seed are one line with a band of one standard deviation"
    return not st.toggle("Show each seed", key="each-curve", bind="query-params", help=help_text)


def draw_way(export: PageExport, chosen: list[RunOverview], curves: Curves, together: bool, styles: Styles) -> None:
    """Draw the chart, table and notes of curves measured with the same settings."""
    first = next(iter(curves.values()))
    groups = curve_groups(chosen, curves, together)
    frame, summary = curve_frame(groups, curves), curve_summary(groups, curves)
    in_linf = first.threat.norm == "linf"
    thresholds = {run_id: measured.thresholds(run_id) for run_id in curves} if in_linf else {}
    lines, exact = threshold_frame(groups, curves, thresholds), first.attack.minimizes
    title, paper = f"Accuracy under {first.attack.name} as ε grows", paper_epsilon(first, chosen[0].config.dataset_spec)
    export.chart(
        curve_figure(painted(frame, styles), summary, lines, title, epsilon_title(first), paper=paper, exact=exact),
        key="curves",
        height=460,
        alt=f"Accuracy under {first.attack.name} against ε, one line per run, falling from its clean accuracy; a "
        "diamond marks half of it",
        table=frame,
    )
    export.table(
        readable(summary, lines, first),
        key="half",
        title=f"Loss of accuracy: {way_title(first)}",
        column_config=FORMATS,
    )
    draw_notes(export, curves, lines, exact)
    labels = unique_labels(chosen)
    if missing := [labels[run.run_id] for run in chosen if run.run_id not in curves]:
        export.note(f"Not measured with these settings: {', '.join(missing)}.")


def paper_epsilon(curve: RobustnessCurve, spec: DatasetSpec) -> float | None:
    """The paper's epsilon in the unit of a curve; None if it has no single value in that norm and unit."""
    if curve.threat.norm != "linf" or (curve.threat.unit == "pixel" and len(curve.pixel_scale) > 1):
        return None
    return spec.epsilon * spec.std[0] if curve.threat.unit == "pixel" else spec.epsilon


def draw_notes(export: PageExport, curves: Curves, lines: pd.DataFrame, exact: bool) -> None:
    """Draw notes on the marks, and warnings about the numbers."""
    if invalid := sum(curve.n_invalid for curve in curves.values()):
        st.error("These numbers cannot be trusted.")
        export.note(f"{invalid} adversarial images exceed the attack budget; they are not counted as misclassified.")
    if any(curve.ended == "whole range" for curve in curves.values()):
        st.warning("The attack failed at large ε: these curves are upper bounds only.")
        export.note(
            "Some images survived in a ball that contains every possible image, where no network can be robust. The "
            "attack failed there, and may have failed at smaller ε too. Use a stronger attack."
        )
    if any(curve.ended == "most steps" for curve in curves.values()):
        export.note(
            f"Some curves ended after {MOST_STEPS} steps with correctly classified images left. Use a larger step of ε."
        )
    if any(curve.ended == "not found" for curve in curves.values()):
        export.note("For some images the attack found no adversarial image at any distance; those curves end above 0.")
    how = (
        "Each image counts as lost at the distance of the adversarial image that was found; closer ones may exist."
        if exact
        else "An image misclassified at one ε counts as misclassified at every larger ε and is not attacked again, so "
        "no curve rises."
    )
    export.note(
        f"{how} Accuracies are over all images, including those misclassified without an attack. A diamond marks half "
        "of the clean accuracy. Bands: 95 % Wilson interval over images for a single run, one standard deviation for "
        "several seeds."
    )
    if len(lines):
        export.note(threshold_words(lines))
