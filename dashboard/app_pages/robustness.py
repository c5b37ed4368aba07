"""Robustness: accuracy under each attack, run beside run."""

import streamlit as st

from dashboard import sources
from dashboard.evaluation_form import draw_evaluation_form
from dashboard.figures.robustness import robustness_figure
from dashboard.frames.robustness import robustness_frame
from dashboard.navigation import PAGES, pick_runs
from dashboard.protocols import pick_protocol, protocol_title
from dashboard.queue_panel import draw_evaluations
from dashboard.sheet import Sheet
from engine.runs.job import ACTIVE, WAITING, Job

here = sources.settings()
st.title("Robustness under attack")
finished = [run for run in sources.runs() if run.status == "finished"]
if not finished:
    st.info("No run has finished yet; attacks need final weights.")
    st.page_link(PAGES["home"], label="Train a first pair", icon=":material/play_arrow:")
    st.stop()
chosen = pick_runs(finished, "Runs")
if not chosen:
    st.info("Choose the runs to be attacked and compared.")
    st.stop()
if len({run.config.dataset for run in chosen}) > 1:
    st.warning(
        "These runs were trained on different data: accuracies cannot stand side by side. Choose one data set's."
    )
    st.stop()
if not here.read_only:
    with st.expander("Attack these runs", expanded=not any(sources.reports(run.run_id) for run in chosen)):
        draw_evaluation_form(here, chosen)


def evaluation_jobs() -> list[Job]:
    """Of the chosen runs, whatever became of them."""
    run_ids = {run.run_id for run in chosen}
    return [job for job in here.queue.jobs() if job.kind == "evaluate" and job.run_id in run_ids]


def is_evaluating(jobs: list[Job]) -> bool:
    """Whether any waits or runs."""
    return any(job.status in WAITING + ACTIVE for job in jobs)


def draw() -> None:
    """What is being evaluated, and what has been."""
    jobs = evaluation_jobs()
    draw_evaluations(here, chosen, jobs)
    draw_table()
    if was_busy and not is_evaluating(jobs):
        st.rerun()


def draw_table() -> None:
    """One protocol's results: chart, and attack x run table."""
    reports = {run.run_id: sources.reports(run.run_id) for run in chosen}
    protocol = pick_protocol(reports)
    if protocol is None:
        st.info("These runs have not been attacked yet.")
        return
    of_protocol = {run_id: found[protocol] for run_id, found in reports.items() if protocol in found}
    frame = robustness_frame(chosen, of_protocol)
    title = protocol_title(next(iter(of_protocol.values())))
    sheet = Sheet(f"Robustness under attack: {title}")
    sheet.chart(
        robustness_figure(frame, f"Correctly classified, {title}"),
        height=420,
        key="bars",
        alt="Accuracy without and under each attack, one bar per run",
        table=frame,
    )
    table = frame.pivot_table("robust_accuracy", "attack", "label", sort=False).reset_index(names="Attack")
    percent = st.column_config.NumberColumn(format="%.1f", width="medium")
    names = list(table.columns[1:])
    table[names] *= 100
    sheet.table(
        table.replace({"Attack": {"none": "no attack"}}),
        key="robustness",
        title=f"Correctly classified (%), {title}",
        column_config={name: percent for name in names},
    )
    invalid = sum(report.n_invalid for report in of_protocol.values())
    if invalid:
        warning = f"{invalid} adversarial images left their budget: these numbers cannot be trusted."
        st.error(warning)
        sheet.note(warning)
    in_ball = [result for report in of_protocol.values() for result in report.attacks if result.threat]
    largest = max((result.largest_linf for result in in_ball), default=0.0)
    sheet.note(
        "Each cell counts all images, those misclassified anyway included. The worst case counts an image as correct "
        "only if it survives every attack within the ball; cw has no ball, so it enters there only where it stayed "
        f"inside. Largest change of a pixel seen under the ball attacks: {largest:.4f}."
    )
    if missing := [run.config.label for run in chosen if run.run_id not in of_protocol]:
        sheet.note(f"Not attacked under this protocol: {', '.join(missing)}.")
    sheet.offer("robustness")
    st.page_link(
        PAGES["examples"],
        label="See the adversarial images",
        icon=":material/image_search:",
        query_params={"runs": [run.run_id for run in chosen]},
    )


was_busy = is_evaluating(evaluation_jobs())
st.fragment(draw, run_every=1.0 if was_busy else None, key="evaluations")()
