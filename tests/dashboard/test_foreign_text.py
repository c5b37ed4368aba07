"""No text from files or users reaches Markdown unescaped: the source is searched for calls where it could."""

import inspect
from pathlib import Path

import pytest
import streamlit as st

from tests.dashboard.markdown_calls import OWN, STREAMLIT, TEXTS_OF_OURS, foreign_texts, in_file

DASHBOARD = Path(__file__).parents[2] / "dashboard"
FILES = sorted(DASHBOARD.rglob("*.py"))

HTML_OF_OURS = {"app.py": 1, "chips.py": 1}
"""File -> number of calls with `st.html`, all with style sheets of ours."""


def test_every_text_of_the_dashboard_is_ours_or_made_plain():
    assert len(FILES) > 100
    assert [words for file in FILES for words in in_file(file)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "st.error(str(error))",
        "st.caption(run.error or 'none')",
        "st.markdown(f'**{run.config.label}**')",
        "place.progress(0.5, text=f'{job.message}')",
        "st.pills('Attacks', names)",
        "st.pills('Attacks', names, format_func=lambda name: labels[name])",
        "st.segmented_control('View', list(titles))",
        "st.button(label)",
        "st.number_input('n', help=words)",
        "st.metric('Device', device)",
        "st.page_link(SCRIPT, label=f'Weights of {label}')",
        "st.column_config.NumberColumn(help=note)",
        "st.tabs([run.label for run in runs])",
        "draw_link('weights', label)",
        "draw_error(error, str(error))",
        "with st.expander(f'Run {name:>20}'): pass",
        "st.warning('Hint: ' + ', '.join(problems))",
        "st.write(plain(name) + name)",
        "text = 'ours'\nif x:\n    text = run.error\nst.info(text)",
        "def draw(label):\n    st.info(label)",
        "for problem in problems:\n    st.warning(problem)",
        "for word, problem in zip(WORDS, problems):\n    st.warning(problem)",
        "if problem := find():\n    st.warning(problem)",
        "st.toast('{}'.format(name))",
    ],
)
def test_planted_foreign_text_is_found(planted):
    assert len(foreign_texts(planted)) == 1


@pytest.mark.parametrize(
    "fine",
    [
        "st.error('Choose a run.')",
        "st.markdown(f'**{plain(run.config.label)}** {ICONS[run.status]} {len(runs)} {share:.1%} {n:,}')",
        "words = 'one' if n == 1 else f'{n:d} runs'\nst.info(f'{words} left')",
        "st.pills('Attacks', names, format_func=plain)",
        "st.selectbox('Run', names)",
        "export.note(run.error)",
        "st.code(command)",
        "for name, words in CHOICES.items():\n    st.button(name, help=words)",
        "st.caption(plain(', '.join(names)))",
    ],
)
def test_text_of_ours_passes(fine):
    assert foreign_texts(fine) == []


def test_the_list_names_all_functions_of_streamlit_whose_documentation_speaks_of_markdown():
    speaking = {name for name in dir(st) if "Markdown" in (inspect.getdoc(getattr(st, name)) or "")}
    mentioning = {"columns", "container", "empty", "grid", "logo", "set_page_config", "data_editor", "echarts_chart"}
    private = {name for name in speaking if name.startswith("_")}
    assert speaking - mentioning - private - {"navigation", "write_stream"} == set(STREAMLIT) & speaking
    assert not [file for file in FILES if "st.write_stream(" in file.read_text()]


def test_html_is_never_made_of_foreign_text():
    used = {file.name: text.count("st.html(") for file in FILES if "st.html(" in (text := file.read_text())}
    assert used == HTML_OF_OURS
    assert not [file for file in FILES if "unsafe_allow_html" in file.read_text()]
    scripts = (DASHBOARD / "ui" / "frontend").glob("*.js")
    assert not [file for file in scripts if any(word in file.read_text() for word in ("innerHTML", "insertAdjacent"))]


def test_every_exception_of_the_search_is_needed():
    source = "\n".join(file.read_text() for file in FILES)
    assert [name for name in (*OWN, *TEXTS_OF_OURS) if f"{name}(" not in source and f"={name}" not in source] == []
