"""Examples: the same test image under each attack, one row per run; images are found by what happened to them."""

import numpy as np
import streamlit as st

from dashboard import sources
from dashboard.examples.cells import build_grid
from dashboard.examples.finder import find_image
from dashboard.examples.own_image_panel import draw_own_image
from dashboard.examples.questions import (
    CLEAN,
    Arrays,
    Family,
    attacks_in_ball,
    attacks_of,
    epsilons_by_family,
    ladder_of,
    protocol_at,
    verdicts,
)
from dashboard.figures.boundary import boundary_figure
from dashboard.figures.palette import run_colors
from dashboard.frames.boundary import boundary_frame
from dashboard.frames.labels import unique_labels
from dashboard.navigation import PAGES, pick_runs
from dashboard.ui.page_export import PageExport
from engine.attacks.catalog import PAPER_ATTACKS

here = sources.settings()
st.title("Adversarial examples")
attacked = [run for run in sources.runs() if run.has_weights and sources.is_attacked(run.run_id)]
if not attacked:
    st.info("No run has been attacked yet.")
    st.page_link(PAGES["robustness"], label="Attack a finished run", icon=":material/bolt:")
    st.stop()
chosen = pick_runs(attacked, "Runs")
if not chosen:
    st.info("Choose the runs to be shown.")
    st.stop()
if len({run.config.dataset for run in chosen}) > 1:
    st.warning("These runs were trained on different data, so they share no test image. Choose runs of one data set.")
    st.stop()

reports = {run.run_id: sources.reports(run.run_id) for run in chosen}
labels = unique_labels(chosen)
colors = dict(zip(labels, run_colors([run.config.variant for run in chosen]), strict=True))
spec = chosen[0].config.dataset_spec


def draw() -> None:
    """From a question to the images that answer it; alone rerun when a slider moves."""
    sheet = PageExport("Adversarial examples")
    family, epsilon = pick_epsilon()
    attacks = pick_shown(attacks_of(reports, family))
    answers = {run_id: {name: load(run_id, family, epsilon, name) for name in (CLEAN, *attacks)} for run_id in labels}
    missing = [labels[run_id] for run_id, of_run in answers.items() if not of_run[CLEAN]]
    answers = {run_id: of_run for run_id, of_run in answers.items() if of_run[CLEAN]}
    if missing:
        sheet.note(f"Not attacked in this way, or their images are missing: {', '.join(missing)}.")
    if not answers:
        st.error("The images of these evaluations are missing. Attack the runs again.")
        return
    clean = next(iter(answers.values()))[CLEAN]
    pictures = {
        run_id: {name: load_pictures(run_id, family, epsilon, name) for name, found in of_run.items() if found}
        for run_id, of_run in answers.items()
    }
    kept = min(len(images) for of_run in pictures.values() for images in of_run.values())
    in_ball = attacks_in_ball(reports, family)
    seen = verdicts(answers, clean["labels"])
    position = find_image(seen, clean["labels"], labels, attacks, in_ball, spec, kept)
    if position is None:
        return
    truth = int(clean["labels"][position])
    sheet.note(
        f"Number {clean['sample_ids'][position]} of the test set of {spec.title}, truly {spec.classes[truth]}; "
        f"ε = {epsilon:g} {family.unit}."
    )
    outcomes = {
        run_id: {name: {**found, sources.PICTURES: pictures[run_id][name]} for name, found in of_run.items() if found}
        for run_id, of_run in answers.items()
    }
    sheet.grid(build_grid(labels, colors, outcomes, attacks, position, spec.classes, truth), key="examples")
    draw_boundary(sheet, family, epsilon, attacks, position, truth)
    free = ", ".join(name for name in attacks if name not in in_ball)
    unbound = f" Without a ball: {free}; the same at every ε, and no part of “any attack in the ball”." if free else ""
    sheet.note(
        "Percentages are the network's confidence: in what it says, and in the true class. Perturbations: in pixels, "
        f"0 to 1.{unbound}"
    )
    st.caption("Point at an image, or click it, for all classes.")
    sheet.offer("examples")


def pick_epsilon() -> tuple[Family, float]:
    """How strong the attacks are: which evaluations, and where on their scale of epsilons."""
    families = {family.title: (family, epsilons) for family, epsilons in epsilons_by_family(reports).items()}
    state = st.session_state
    title = next(iter(families))
    if len(families) > 1:
        if state.get("threat") not in families:
            state.pop("threat", None)
        title = st.selectbox("Threat model", list(families), key="threat", bind="query-params")
    family, epsilons = families[title]
    preferred = spec.epsilon if spec.epsilon in epsilons else epsilons[len(epsilons) // 2]
    if "epsilon" in state and state.epsilon not in epsilons:
        former = state.pop("epsilon")
        preferred = min(epsilons, key=lambda value: abs(value - former))
    if len(epsilons) > 1:
        epsilon = st.select_slider(
            f"ε ({family.unit} units): how far the attacks may go",
            epsilons,
            preferred,
            format_func=lambda value: f"{value:g}",
            key="epsilon",
            bind="query-params",
        )
        return family, epsilon
    if not here.read_only:
        st.page_link(
            PAGES["robustness"],
            label="Attack these runs at several ε, and watch images cross the boundary",
            icon=":material/stairs:",
            query_params={"runs": list(labels)},
        )
    return family, epsilons[0]


def pick_shown(attacks: list[str]) -> list[str]:
    """Which of many attacks are columns, and what questions are about: at first the paper's."""
    if len(attacks) <= len(PAPER_ATTACKS):
        return attacks
    papers = [name for name in attacks if name in PAPER_ATTACKS] or attacks[: len(PAPER_ATTACKS)]
    chosen = st.pills("Attacks", attacks, selection_mode="multi", default=papers, key="columns", bind="query-params")
    return [name for name in attacks if name in chosen] or papers


def load(run_id: str, family: Family, epsilon: float, attack: str) -> Arrays:
    """What one attack on one run came to; empty where it was not attacked so."""
    protocol = protocol_at(reports[run_id], family, epsilon, attack)
    return sources.examples(run_id, protocol, attack) if protocol else {}


def load_pictures(run_id: str, family: Family, epsilon: float, attack: str) -> np.ndarray:
    """The images of the same."""
    return sources.pictures(run_id, protocol_at(reports[run_id], family, epsilon, attack) or "", attack)


def draw_boundary(
    sheet: PageExport, family: Family, epsilon: float, attacks: list[str], position: int, truth: int
) -> None:
    """The image's way across the boundary, where an attack was run at several epsilons."""
    ladders = {name: ladder_of(reports, family, name) for name in attacks}
    laddered = [name for name, epsilons in ladders.items() if len(epsilons) > 1]
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
    found = {
        run_id: {0.0: load(run_id, family, epsilon, CLEAN)}
        | {value: load(run_id, family, value, attack) for value in ladders[attack] if value}
        for run_id in labels
    }
    path = boundary_frame(chosen, found, position, truth)
    title = f"ε ({family.unit} units)"
    alt = f"Probability of the true class under {attack} against ε, one line per run"
    sheet.chart(boundary_figure(path, attack, title, cursor=epsilon), key="boundary", height=330, alt=alt, table=path)


st.fragment(draw, key="examples")()
if not here.read_only:
    draw_own_image(here, chosen, labels, colors)
