"""Accuracy against epsilon: curves of the chosen runs, where half is gone, and what the first convolution has to do."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.curves import curve_figure
from dashboard.frames.curves import curve_frame, curve_groups, curve_summary, threshold_frame
from dashboard.frames.labels import unique_labels
from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.robustness.curve_words import epsilon_title, readable, threshold_words, way_title
from dashboard.settings import Settings
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
    "Half gone at ε": st.column_config.NumberColumn(format="%.3f"),
    "± over seeds": st.column_config.NumberColumn(format="%.3f"),
    "the same in pixels": st.column_config.NumberColumn(format="%.4f"),
    "Nothing left at ε": st.column_config.NumberColumn(format="%.3g"),
}
Curves = Mapping[str, RobustnessCurve]


def draw_curves_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Which attack, in which steps, on how many images; a button queues it for all chosen runs."""
    is_traced = any(measured.curves(run.run_id) for run in chosen)
    with st.expander("Trace accuracy against ε", icon=":material/trending_down:", expanded=not is_traced):
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
            st.error(str(error))
            return
        st.caption(
            "The attack is given ε of one step, two, three and so on, each time on the images still classified "
            f"correctly, until nothing is left, every image is inside the ball, or {MOST_STEPS} steps are done. On the "
            "command line:"
        )
        run_ids = [run.run_id for run in chosen]
        st.code(request.command(run_ids), language="bash", wrap_lines=True)
        if st.button("Trace", type="primary", icon=":material/trending_down:", key="trace"):
            queue_measurements(here, run_ids, [request])
            st.rerun()


def draw_curves(here: Settings, chosen: list[RunOverview], export: PageExport) -> None:
    """The curves that were taken in one way: chart, table, and what a reader must know."""
    st.caption("How accuracy falls as the attacker may change more: from the clean images to where nothing is left.")
    found = {run.run_id: {curve.way: curve for curve in measured.curves(run.run_id)} for run in chosen}
    way = pick_way(found)
    if way is None:
        hint = "" if here.read_only else " Trace it above."
        st.info(f"Accuracy against ε was not traced for these runs yet.{hint}", icon=":material/trending_down:")
        return
    curves = {run_id: ways[way] for run_id, ways in found.items() if way in ways}
    draw_way(export, chosen, curves, is_together(chosen))


def pick_way(found: Mapping[str, Curves]) -> str | None:
    """A choice among the ways in which any run's curve was taken, that of most runs and images first; None without."""
    ways = {way: curve for curves in found.values() for way, curve in curves.items()}
    if not ways:
        return None
    shared = {way: sum(way in curves for curves in found.values()) for way in ways}
    order = sorted(ways, key=lambda way: (not ways[way].attack.minimizes, shared[way], ways[way].n), reverse=True)
    return st.selectbox(
        "Curves", order, format_func=lambda way: way_title(ways[way]), key="curve-way", bind="query-params"
    )


def is_together(chosen: Sequence[RunOverview]) -> bool:
    """Whether runs that differ only in their seed are one line; nothing to choose where there are none."""
    if all(len(group) == 1 for group in seed_groups(chosen).values()):
        return False
    help_text = "Else runs that differ only in their seed are one line, with a band of one standard deviation"
    return not st.toggle("Every seed by itself", key="each-curve", bind="query-params", help=help_text)


def draw_way(export: PageExport, chosen: list[RunOverview], curves: Curves, together: bool) -> None:
    """Chart, table and notes of curves that were taken in one way."""
    first = next(iter(curves.values()))
    groups = curve_groups(chosen, curves, together)
    frame, summary = curve_frame(groups, curves), curve_summary(groups, curves)
    in_linf = first.threat.norm == "linf"
    thresholds = {run_id: measured.thresholds(run_id) for run_id in curves} if in_linf else {}
    lines, exact = threshold_frame(groups, curves, thresholds), first.attack.minimizes
    title, paper = f"Accuracy under {first.attack.name} as ε grows", paper_epsilon(first, chosen[0].config.dataset_spec)
    export.chart(
        curve_figure(frame, summary, lines, title, epsilon_title(first), paper=paper, exact=exact),
        key="curves",
        height=460,
        alt=f"Accuracy under {first.attack.name} against ε, a line per run, falling from its clean accuracy to "
        "nothing; half of it is marked by a diamond",
        table=frame,
    )
    export.table(
        readable(summary, lines, first),
        key="half",
        title=f"Where accuracy goes: {way_title(first)}",
        column_config=FORMATS,
    )
    draw_notes(export, curves, lines, exact)
    labels = unique_labels(chosen)
    if missing := [labels[run.run_id] for run in chosen if run.run_id not in curves]:
        export.note(f"Not traced in this way: {', '.join(missing)}.")


def paper_epsilon(curve: RobustnessCurve, spec: DatasetSpec) -> float | None:
    """The paper's epsilon in the unit of a curve; None where it is another quantity."""
    if curve.threat.norm != "linf" or (curve.threat.unit == "pixel" and len(curve.pixel_scale) > 1):
        return None
    return spec.epsilon * spec.std[0] if curve.threat.unit == "pixel" else spec.epsilon


def draw_notes(export: PageExport, curves: Curves, lines: pd.DataFrame, exact: bool) -> None:
    """What the marks mean, and what speaks against the numbers."""
    if invalid := sum(curve.n_invalid for curve in curves.values()):
        st.error("These numbers cannot be trusted.")
        export.note(f"{invalid} adversarial images left their budget; they were not counted as misclassified.")
    if any(curve.ended == "whole range" for curve in curves.values()):
        st.warning("The attack failed at large ε: read these curves as upper bounds only.")
        export.note(
            "Some images survived a ball that holds every image there is, where no network is robust. So the attack "
            "failed there, and may have failed at smaller ε too; trace a stronger one."
        )
    if any(curve.ended == "most steps" for curve in curves.values()):
        export.note(f"Some curves ended after {MOST_STEPS} steps with images left; take longer steps.")
    if any(curve.ended == "not found" for curve in curves.values()):
        export.note("For some images the attack found nothing at any distance: those curves end above 0.")
    how = (
        "Each image is lost at the distance of the adversarial image that the attack found; nearer ones may exist."
        if exact
        else "What was misclassified at one ε is so in every larger ball too and is not attacked again, so no curve "
        "rises."
    )
    export.note(
        f"{how} All images count, those misclassified anyway included. A diamond marks where half of the clean "
        "accuracy is gone. Bands: of one run the 95 % interval over images (Wilson), of several seeds one standard "
        "deviation."
    )
    if len(lines):
        export.note(threshold_words(lines))
