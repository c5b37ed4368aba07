"""Runs and attacks that the tables lack, and the launch that adds them."""

from dataclasses import replace

import streamlit as st

from dashboard.jobs.study_panel import draw_study
from dashboard.paper.controls import in_folder
from dashboard.paper.reading import Library
from dashboard.paper.words import missing_words, without_strong_attacks
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import number
from engine.attacks.catalog import STRONG_ATTACKS
from engine.measurements.evaluation.request import EvaluationRequest
from engine.paper.evidence import Evidence
from engine.paper.presets import REPRODUCTIONS
from engine.paper.setting import SETTINGS, Setting

MOST_SEEDS = 20


def draw_missing(here: Settings, library: Library, evidence: Evidence) -> None:
    """Draw the missing runs in words, the launch with its estimated time or progress, and the command line."""
    setting = evidence.setting
    st.header("Missing runs", anchor="missing")
    first, second, _ = st.columns([2, 2, 5], vertical_alignment="bottom")
    seeds = range(
        first.number_input(
            "Seeds",
            1,
            MOST_SEEDS,
            3,
            key="wanted-seeds",
            bind="query-params",
            help="Number of seeds per variant, from seed 0",
        )
    )
    key = f"wanted-images-{setting.dataset}"
    samples = number(second, "Attacked images", EvaluationRequest, "samples", evidence.samples, key)
    study = setting.study(tuple(seeds), samples)
    wanted = evidence if samples == evidence.samples else library.evidence(setting, samples)
    for table, words in missing_words(wanted, seeds).items():
        st.markdown(f"**Table {table:d}**: {plain('. '.join(words) if words else 'all seeds are complete')}.")
    lacking = without_strong_attacks(wanted, seeds)
    attackable = [run.run_id for run in lacking if run.has_weights]
    if lacking:
        words = f"{len(lacking)} trained Std and Min-Max runs not attacked with {', '.join(STRONG_ATTACKS)}."
        if attackable:
            words += " These attacks take the longest, so the launch leaves them out; the command is below."
        if bare := len(lacking) - len(attackable):
            words += f" Recorded without weights, so they cannot be attacked again: {bare} of them."
        st.markdown(f"**Claim 6**: {plain(words)}")
    if in_folder(here, setting) != setting:
        st.info("The data folder has other images. To add runs, choose the data “In the data folder” above.")
        return
    if not here.read_only:
        draw_study(here, study, library.runs, key="paper-study")
    st.caption("Equivalent commands:" if attackable else "Equivalent command:")
    lines = [command(setting, len(seeds), samples)]
    if attackable:
        request = study.evaluation or setting.evaluation(samples)
        strong = request.model_copy(update={"attacks": ("paper", "strong")})
        lines.append(f"{strong.command(attackable)} --check")
    draw_commands(*lines)


def command(setting: Setting, seeds: int, samples: int) -> str:
    """The command line of the same launch."""
    name = next(name for name, dataset in REPRODUCTIONS.items() if dataset == setting.dataset)
    words = ["python -m engine reproduce", name, "--seeds", str(seeds), "--samples", str(samples)]
    if replace(setting, data_digest=None) != SETTINGS[setting.dataset]:
        words += ["--l1", repr(setting.l1_strength), "--mu", repr(setting.mu), "--scope", setting.scope]
    return " ".join([*words, "--recorded"])
