"""Examples: the same test image under each attack, one row per run; images are found by what happened to them."""

from collections.abc import Sequence

import streamlit as st

from dashboard import measured, sources
from dashboard.examples.attacked_runs import AttackedRuns, Strength
from dashboard.examples.controls import pick_attacks, pick_strength
from dashboard.examples.finder import find_image
from dashboard.examples.own_image_panel import draw_own_image
from dashboard.examples.questions import survivors
from dashboard.figures.boundary import boundary_figure
from dashboard.frames.boundary import boundary_frame
from dashboard.navigation import draw_link, pick_runs
from dashboard.ui.example_cells import build_grid
from dashboard.ui.page_export import PageExport
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview


def pick_attacked(attacked: list[RunOverview]) -> AttackedRuns:
    """The runs to show, of one data set; the page ends with a next step where there are none."""
    if not attacked:
        st.info("No run has been attacked yet.")
        draw_link("robustness", "Attack a finished run", icon="bolt")
        st.stop()
    chosen = pick_runs(attacked, "Runs")
    if not chosen:
        st.info("Choose the runs to be shown.")
        st.stop()
    if len({run.config.dataset for run in chosen}) > 1:
        st.warning(
            "These runs were trained on different data, so they share no test image. Choose runs of one data set."
        )
        st.stop()
    return AttackedRuns(chosen, {run.run_id: measured.reports(run.run_id) for run in chosen})


def draw_examples(attacked: AttackedRuns, read_only: bool) -> None:
    """From a question to the images that answer it; alone drawn again when a slider moves."""
    export = PageExport("Adversarial examples")
    strength = pick_strength(attacked, read_only)
    attacks, labels, spec = pick_attacks(strength.attacks), attacked.labels, attacked.spec
    outcomes = strength.outcomes(attacks)
    if missing := [labels[run_id] for run_id, of_run in outcomes.items() if not of_run[CLEAN]]:
        export.note(f"Not attacked in this way, or their images are missing: {', '.join(missing)}.")
    outcomes = {run_id: of_run for run_id, of_run in outcomes.items() if of_run[CLEAN]}
    if not outcomes:
        st.error("The images of these evaluations are missing. Attack the runs again.")
        return
    clean = next(iter(outcomes.values()))[CLEAN]
    kept = min(len(found[measured.PICTURES]) for of_run in outcomes.values() for found in of_run.values() if found)
    seen = survivors(outcomes, clean["labels"])
    position = find_image(seen, clean["labels"], labels, attacks, strength.in_ball, spec, kept)
    if position is None:
        return
    truth = int(clean["labels"][position])
    export.note(
        f"Number {clean['sample_ids'][position]} of the test set of {spec.title}, truly {spec.classes[truth]}; "
        f"ε = {strength.epsilon:g} {strength.family.unit}."
    )
    grid = build_grid(labels, attacked.colors, outcomes, attacks, position, spec.classes, truth)
    export.grid(grid, key="examples")
    draw_boundary(export, strength, attacks, position, truth)
    draw_notes(export, [name for name in attacks if name not in strength.in_ball])
    export.offer("examples")


def draw_boundary(export: PageExport, strength: Strength, attacks: Sequence[str], position: int, truth: int) -> None:
    """The image's way across the boundary, where an attack was run at several epsilons."""
    laddered = [name for name in attacks if len(strength.ladder(name)) > 1]
    if not laddered:
        return
    attack = st.segmented_control(
        "Follow this image as ε grows, under",
        laddered,
        default=laddered[-1],
        required=True,
        key="ladder",
        bind="query-params",
    )
    path = boundary_frame(strength.of.runs, strength.along_ladder(attack), position, truth)
    title = f"ε ({strength.family.unit} units)"
    alt = f"Probability of the true class under {attack} against ε, one line per run"
    figure = boundary_figure(path, attack, title, cursor=strength.epsilon)
    export.chart(figure, key="boundary", height=330, alt=alt, table=path)


def draw_notes(export: PageExport, unbound: Sequence[str]) -> None:
    """What the numbers below the images are, and which attacks have no ball."""
    free = ", ".join(unbound)
    words = f" Without a ball: {free}; the same at every ε, and no part of “any attack in the ball”." if free else ""
    export.note(
        "Percentages are the network's confidence: in what it says, and in the true class. Perturbations: in pixels, "
        f"0 to 1.{words}"
    )
    st.caption("Point at an image, or click it, for all classes.")


st.title("Adversarial examples")
here = sources.settings()
candidates = [run for run in sources.runs() if run.has_weights and measured.is_attacked(run.run_id)]
attacked = pick_attacked(candidates)
st.fragment(draw_examples, key="examples")(attacked, here.read_only)
if not here.read_only:
    draw_own_image(here, attacked.runs, attacked.labels, attacked.colors)
