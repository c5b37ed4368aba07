"""Examples: the same test image under each attack, one row per run; images are found by attack outcome."""

from collections.abc import Sequence

import streamlit as st

from dashboard import measured, sources
from dashboard.examples.attacked_runs import AttackedRuns, Strength
from dashboard.examples.controls import pick_attacks, pick_strength
from dashboard.examples.finder import find_image
from dashboard.examples.own_image_panel import draw_own_image
from dashboard.examples.questions import survivors
from dashboard.figures.boundary import boundary_figure
from dashboard.figures.coloring import painted
from dashboard.frames.boundary import boundary_frame
from dashboard.guide import draw_guide
from dashboard.jobs.attack_panel import draw_attack, is_attacking
from dashboard.jobs.hindered_panel import draw_hindered, unfinished
from dashboard.navigation import draw_first_step
from dashboard.selection import pick_runs
from dashboard.ui.example_cells import build_grid
from dashboard.ui.page_export import PageExport
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview

UNATTACKED = "has not been attacked yet"
UNDER_ATTACK = "is being attacked: its images appear here as each attack ends"


def hindrance(run: RunOverview) -> str | None:
    """Why the page cannot show a run; None if it can."""
    if measured.attacked([run]):
        return None if run.has_weights else "was recorded without adversarial images"
    if reason := unfinished(run):
        return reason
    return UNATTACKED if run.has_weights else "was recorded without weights, so it cannot be attacked"


def standing(run: RunOverview) -> str | None:
    """As `hindrance`, and whether the run is being attacked; it reads the queue, so it is for selected runs only."""
    reason = hindrance(run)
    return UNDER_ATTACK if reason == UNATTACKED and is_attacking(sources.settings(), run) else reason


def draw_examples(attacked: AttackedRuns, read_only: bool) -> None:
    """Draw the question and the images that match it; only this fragment reruns when a slider moves."""
    export = PageExport("Adversarial examples")
    strength = pick_strength(attacked, read_only)
    attacks, labels, spec = pick_attacks(strength.attacks), attacked.labels, attacked.spec
    outcomes = strength.outcomes(attacks)
    if missing := [labels[run_id] for run_id, of_run in outcomes.items() if not of_run[CLEAN]]:
        export.note(f"Not attacked at this strength, or without stored images: {', '.join(missing)}.")
    outcomes = {run_id: of_run for run_id, of_run in outcomes.items() if of_run[CLEAN]}
    if not outcomes:
        st.error("The images of these evaluations are missing. Attack the runs again.")
        return
    clean = next(iter(outcomes.values()))[CLEAN]
    kept = min(len(found[measured.PICTURES]) for of_run in outcomes.values() for found in of_run.values() if found)
    seen = survivors(outcomes, clean["labels"])
    found = find_image(seen, clean["labels"], labels, attacked.variants, attacks, strength.in_ball, spec, kept)
    if found is None:
        return
    position, truth = found.position, int(clean["labels"][found.position])
    image = f"{spec.title} test image {clean['sample_ids'][position]}, true class {spec.classes[truth]}"
    export.note(
        f"{found.words} Shown is answer {found.place + 1} of {len(found.positions)}: {image}; "
        f"ε = {strength.epsilon:g} {strength.family.unit}. Each row is a run, each column the clean image or an "
        "attack. The lower picture is the perturbation, amplified."
    )
    grid = build_grid(labels, attacked.colors, outcomes, attacks, position, spec.classes, truth)
    export.grid(grid, key="examples")
    draw_boundary(export, strength, attacks, position, truth)
    draw_notes(export, [name for name in attacks if name not in strength.in_ball])
    export.offer("examples")


def draw_boundary(export: PageExport, strength: Strength, attacks: Sequence[str], position: int, truth: int) -> None:
    """Draw the image's confidence against epsilon, if an attack was run at several epsilons."""
    laddered = [name for name in attacks if len(strength.ladder(name)) > 1]
    if not laddered:
        return
    attack = st.segmented_control(
        "Attack for confidence against ε",
        laddered,
        default=laddered[-1],
        required=True,
        key="ladder",
        bind="query-params",
    )
    path = boundary_frame(strength.of.runs, strength.along_ladder(attack), position, truth)
    title = f"ε ({strength.family.unit} units)"
    alt = f"Probability of the true class under {attack} against ε, one line per run"
    figure = boundary_figure(painted(path, strength.of.styles), attack, title, cursor=strength.epsilon)
    export.chart(figure, key="boundary", height=330, alt=alt, table=path)


def draw_notes(export: PageExport, unbound: Sequence[str]) -> None:
    """Draw notes on the numbers below the images and on attacks without a ball."""
    free = ", ".join(unbound)
    words = (
        f" Attacks without a ball: {free}. Their images are the same at every ε and are not part of “any attack in the "
        "ball”."
        if free
        else ""
    )
    export.note(
        "Frame and mark: solid and ✓ where the network is right, dashed and ✗ where it is wrong. Percentages are its "
        "confidence in its prediction and in the true class. Perturbations are in pixel "
        f"units, with pixels from 0 to 1.{words}"
    )
    st.caption("Point at an image or focus it for its norms and probabilities. Click or press Enter to enlarge it.")


st.title("Adversarial examples")
draw_guide("examples")
here = sources.settings()
selection = pick_runs(sources.runs(), hindrance, alike=True)
draw_hindered(here, selection.hindered, standing)
unattacked = [run for run, reason in selection.hindered if reason == UNATTACKED]
draw_attack(here, [*([] if selection.stands_in else selection.shown), *selection.hindered_runs()], unattacked)
if not selection.shown:
    st.info("No run has been attacked yet.")
    if not selection.hindered:
        draw_first_step()
    st.stop()
attacked = AttackedRuns(
    selection.shown, {run.run_id: measured.reports(run.run_id) for run in selection.shown}, selection.styles
)
st.fragment(draw_examples, key="examples")(attacked, here.read_only)
if not here.read_only:
    draw_own_image(here, attacked.runs, attacked.labels, attacked.colors)
