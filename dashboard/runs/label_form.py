"""Forms for the labels of selected runs."""

from collections.abc import Sequence
from hashlib import blake2b

import streamlit as st

from dashboard.runs.actions import change_labels
from dashboard.settings import Settings
from engine.queue.overview import RunOverview
from engine.runs.labels import LONGEST_NOTE, LabelChange, RunLabels, all_tags
from engine.runs.model_config import LONGEST_NAME


def draw_label_form(here: Settings, run: RunOverview, runs: Sequence[RunOverview]) -> None:
    """Draw the form for name, note and tags of one run.

    Args:
        runs: all runs, whose tags are offered.
    """
    labels, key = run.labels, _key(run.run_id, run.labels)
    with st.form(f"labels-{key}"):
        name = st.text_input(
            "Name", labels.name, max_chars=LONGEST_NAME, placeholder=run.config.label, key=f"name-{key}"
        )
        tags = pick_tags("Tags", runs, labels.tags, f"tags-{key}")
        note = st.text_area("Note", labels.note, max_chars=LONGEST_NOTE, height=80, key=f"note-{key}")
        if st.form_submit_button("Save", icon=":material/save:"):
            gone = tuple({*labels.tags} - {*tags})
            change_labels(here, [run], LabelChange(name=name, note=note, tag=tuple(tags), untag=gone))


def draw_tag_form(here: Settings, chosen: Sequence[RunOverview], runs: Sequence[RunOverview]) -> None:
    """Draw the form that adds tags to several runs, and removes them."""
    key = _key(*(run.run_id for run in chosen))
    with st.form(f"tags-{key}"):
        added, removed = st.columns(2)
        with added:
            new = pick_tags("Add tags", runs, (), f"add-{key}")
        with removed:
            known = all_tags(run.labels for run in chosen)
            gone = st.multiselect("Remove tags", known, key=f"remove-{key}", placeholder="Choose tags")
        if st.form_submit_button("Save", icon=":material/save:"):
            change_labels(here, chosen, LabelChange(tag=tuple(new), untag=tuple(gone)))


def pick_tags(label: str, runs: Sequence[RunOverview], start: Sequence[str], key: str) -> list[str]:
    """Draw a choice among all tags in use, which takes new ones too."""
    return st.multiselect(
        label,
        all_tags(run.labels for run in runs if run.labels.tags),
        list(start),
        key=key,
        accept_new_options=True,
        placeholder="Choose or write tags",
    )


def _key(*parts: str | RunLabels) -> str:
    """Key of a form: other runs and other labels give other widgets, which start anew."""
    return blake2b(repr(parts).encode(errors="replace"), digest_size=6).hexdigest()
