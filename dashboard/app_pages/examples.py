"""Examples: the same test image under each attack, one row per run; images are found by what happened to them."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.example_cells import build_grid
from dashboard.examples import (
    ANY_ATTACK,
    CLEAN,
    Arrays,
    Family,
    attacks_of,
    epsilons_by_family,
    ladder_of,
    protocol_at,
    questions,
    verdicts,
)
from dashboard.figures.boundary import boundary_figure
from dashboard.frames.labels import unique_labels
from dashboard.navigation import PAGES, pick_runs
from dashboard.own_image_panel import draw_own_image
from dashboard.palette import run_colors
from dashboard.sheet import Sheet
from engine.runs.overview import RunOverview

here = sources.settings()
st.title("Adversarial examples")
attacked = [run for run in sources.runs() if sources.is_attacked(run.run_id)]
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
Outcomes = dict[str, dict[str, Arrays]]


def draw() -> None:
    """From a question to the images that answer it; alone rerun when a slider moves."""
    sheet = Sheet("Adversarial examples")
    family, epsilon = pick_epsilon()
    attacks = attacks_of(reports, family)
    outcomes = load_outcomes(family, epsilon, attacks)
    truth = next((run[CLEAN]["labels"] for run in outcomes.values() if run.get(CLEAN)), None)
    if truth is None:
        st.error("The images of these evaluations are missing. Attack the runs again.")
        return
    missing = [labels[run_id] for run_id, of_run in outcomes.items() if not of_run.get(CLEAN)]
    outcomes = {run_id: of_run for run_id, of_run in outcomes.items() if of_run.get(CLEAN)}
    position = find_image(outcomes, truth, attacks)
    if missing:
        st.caption(f"Not attacked in this way: {', '.join(missing)}.")
    if position is None:
        return
    original = next(iter(outcomes.values()))[CLEAN]
    about = (
        f"Number {original['sample_ids'][position]} of the test set of {spec.title}, "
        f"truly {spec.classes[truth[position]]}; ε = {epsilon:g} {family.unit}."
    )
    sheet.note(about)
    grid = build_grid(labels, colors, outcomes, attacks, position, spec.classes, int(truth[position]))
    sheet.grid(grid, key="examples")
    draw_boundary(sheet, family, epsilon, attacks, position)
    st.caption(
        "Percentages are the network's confidence: in what it says, and in the true class. Perturbations are in "
        "pixels, 0 to 1. cw has no ball and is the same at every ε. Point at an image, or click it, for all classes."
    )
    sheet.offer("examples")


def pick_epsilon() -> tuple[Family, float]:
    """How strong the attacks are: which evaluations, and where on their scale of epsilons."""
    families = epsilons_by_family(reports)
    family = next(iter(families))
    if len(families) > 1:
        family = st.selectbox("Threat model", list(families), format_func=lambda one: one.title, key="family")
    epsilons = families[family]
    preferred = spec.epsilon if spec.epsilon in epsilons else epsilons[len(epsilons) // 2]
    if st.session_state.get("epsilon", preferred) not in epsilons:
        st.session_state.epsilon = min(epsilons, key=lambda value: abs(value - st.session_state.epsilon))
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
            query_params={"runs": [run.run_id for run in chosen]},
        )
    return family, epsilons[0]


def load_outcomes(family: Family, epsilon: float, attacks: list[str]) -> Outcomes:
    """run_id -> attack or CLEAN -> what was kept; empty where a run was not attacked so."""
    return {run.run_id: {name: load(run, family, epsilon, name) for name in (CLEAN, *attacks)} for run in chosen}


def load(run: RunOverview, family: Family, epsilon: float, attack: str) -> Arrays:
    """What was kept of one attack on one run."""
    protocol = protocol_at(reports[run.run_id], family, epsilon, attack)
    return sources.examples(run.run_id, protocol, attack) if protocol else {}


def find_image(outcomes: Outcomes, truth: np.ndarray, attacks: list[str]) -> int | None:
    """Place of the chosen image in the fixed order; None when nothing answers the question."""
    asked = {question.title: question for question in questions({key: labels[key] for key in outcomes}, attacks)}
    what, by, shows = st.columns([5, 3, 2])
    for key, options in (("find", asked), ("by", (ANY_ATTACK, *attacks))):
        if st.session_state.get(key) not in options:
            st.session_state.pop(key, None)
    seen = verdicts(outcomes, truth)
    title = what.selectbox("Find", list(asked), 1, key="find", bind="query-params")
    attack = by.selectbox("Under", [ANY_ATTACK, *attacks], key="by", bind="query-params")
    shown = shows.selectbox("Showing", ["any class", *spec.classes], key="class", bind="query-params")
    matching = asked[title].matches(seen, attack)
    if shown != "any class":
        matching = matching & (truth[: len(matching)] == spec.classes.index(shown))
    kept = min(
        len(arrays["adversarial_images"]) for of_run in outcomes.values() for arrays in of_run.values() if arrays
    )
    positions = np.flatnonzero(matching[:kept])
    count = f"{matching.sum()} of {len(matching)} images"
    if not len(positions):
        pictures = f" Pictures were kept of the first {kept} only." if matching.any() else ""
        st.info(f"{count} answer this.{pictures} Ask for something else.", icon=":material/search_off:")
        return None
    pick, buttons, words = st.columns([4, 3, 3], vertical_alignment="bottom")
    place = step_through(pick, buttons, positions)
    kept_words = "" if matching[kept:].sum() == 0 else f"; {len(positions)} of them among the {kept} with pictures"
    words.caption(f"{count} answer this{kept_words}.")
    return int(positions[place - 1])


def step_through(pick, buttons, positions: np.ndarray) -> int:
    """Which of the images found, counted from 1; another question keeps the image where it still answers."""
    state, count = st.session_state, len(positions)
    if "image" in state and state.get("found") != positions.tolist():
        known = np.flatnonzero(positions == state.get("position", -1))
        state.image = int(known[0]) + 1 if len(known) else min(state.image, count)
    state.found = positions.tolist()

    def step(by: int) -> None:
        state.image = min(max(state.get("image", 1) + by, 1), count)

    place = pick.slider("Image", 1, count, key="image", bind="query-params") if count > 1 else 1
    with buttons.container(horizontal=True):
        st.button("Previous", icon=":material/arrow_back:", on_click=step, args=(-1,), key="previous")
        st.button("Next", icon=":material/arrow_forward:", on_click=step, args=(1,), key="next")
    state.position = int(positions[place - 1])
    return place


def draw_boundary(sheet: Sheet, family: Family, epsilon: float, attacks: list[str], position: int) -> None:
    """The image's way across the boundary, where one attack was run at several epsilons."""
    ladders = {name: ladder_of(reports, family, name) for name in attacks}
    laddered = [name for name, epsilons in ladders.items() if len(epsilons) > 1]
    if not laddered:
        return
    attack = st.segmented_control(
        "Follow this image as ε grows, under", laddered, default=laddered[-1], required=True, key="ladder"
    )
    rows = []
    for run in chosen:
        for value in (0.0, *ladders[attack]):
            found = load(run, family, value or epsilon, attack if value else CLEAN)
            if not found or position >= len(found["predictions"]):
                continue
            truth = int(load(run, family, epsilon, CLEAN)["labels"][position])
            rows.append(
                {
                    "run_id": run.run_id,
                    "label": labels[run.run_id],
                    "variant": run.config.variant,
                    "epsilon": value,
                    "true_probability": float(found["probabilities"][position][truth]),
                    "is_correct": int(found["predictions"][position]) == truth,
                }
            )
    path = pd.DataFrame(rows)
    title = f"ε ({family.unit} units)"
    alt = f"Probability of the true class under {attack} against ε, one line per run"
    sheet.chart(boundary_figure(path, attack, title, cursor=epsilon), key="boundary", height=330, alt=alt, table=path)


st.fragment(draw, key="examples")()
if not here.read_only:
    draw_own_image(here, chosen, labels, colors)
