"""Which cells lack runs, and the launch that fills them."""

import streamlit as st

from dashboard.jobs.study_panel import draw_study
from dashboard.paper.reading import Library
from dashboard.paper.words import missing_words, without_strong_attacks
from dashboard.settings import Settings
from dashboard.ui.widgets import number
from engine.attacks.catalog import STRONG_ATTACKS
from engine.measurements.evaluation.request import EvaluationRequest
from engine.paper.evidence import Evidence
from engine.paper.presets import REPRODUCTIONS
from engine.paper.setting import SETTINGS, Setting

MOST_SEEDS = 20


def draw_missing(here: Settings, library: Library, evidence: Evidence) -> None:
    """In words; then the launch with its time, or how far it is; then the same on the command line."""
    setting = evidence.setting
    st.subheader("What is missing")
    first, second, _ = st.columns([2, 2, 5], vertical_alignment="bottom")
    seeds = range(
        first.number_input(
            "Seeds", 1, MOST_SEEDS, 3, key="wanted-seeds", bind="query-params", help="Of every variant, from seed 0"
        )
    )
    key = f"wanted-images-{setting.dataset}"
    samples = number(second, "Attacked images", EvaluationRequest, "samples", evidence.samples, key)
    study = setting.study(tuple(seeds), samples)
    wanted = evidence if samples == evidence.samples else library.evidence(setting, samples)
    for table, words in missing_words(wanted, seeds).items():
        st.markdown(f"**Table {table}**: {'. '.join(words) if words else 'every seed is there'}.")
    lacking = without_strong_attacks(wanted, seeds)
    attackable = [run.run_id for run in lacking if run.has_weights]
    if lacking:
        words = f"{len(lacking)} of the trained Std and Min-Max runs not attacked with {', '.join(STRONG_ATTACKS)}."
        if attackable:
            words += " That takes longest, so the launch leaves it out; its command is below."
        if bare := len(lacking) - len(attackable):
            words += f" Recorded without weights, so not to be attacked again: {bare} of them."
        st.markdown(f"**Claim 6**: {words}")
    if not here.read_only:
        draw_study(here, study, library.runs, key="paper-study")
    st.caption("The same on the command line")
    lines = [command(setting, len(seeds), samples)]
    if attackable:
        request = study.evaluation or setting.evaluation(samples)
        strong = request.model_copy(update={"attacks": ("paper", "strong")})
        lines.append(f"{strong.command(attackable)} --check")
    st.code("\n".join(lines), language="bash", wrap_lines=True)


def command(setting: Setting, seeds: int, samples: int) -> str:
    """The command line that asks for the same."""
    name = next(name for name, dataset in REPRODUCTIONS.items() if dataset == setting.dataset)
    words = ["python -m engine reproduce", name, "--seeds", str(seeds), "--samples", str(samples)]
    if setting != SETTINGS[setting.dataset]:
        words += ["--l1", repr(setting.l1_strength), "--mu", repr(setting.mu), "--scope", setting.scope]
    return " ".join([*words, "--recorded"])
