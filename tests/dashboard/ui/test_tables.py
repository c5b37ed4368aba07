"""Tables taken away: numbers come back as they were, no text is executed, and LaTeX sets all of it."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui import tables
from dashboard.ui.latex import escaped
from dashboard.ui.tables import csv_text, file_stem, latex_text


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_come_back_exactly(dtype):
    values = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.linspace(-37, 37, 200)
    frame = pd.DataFrame({"value": values.astype(dtype), "count": np.arange(200) - 2**62})
    rows = list(csv.DictReader(io.StringIO(csv_text(frame))))
    np.testing.assert_array_equal(np.array([row["value"] for row in rows], dtype), frame["value"])
    assert [int(row["count"]) for row in rows] == frame["count"].tolist()


def test_what_a_spreadsheet_would_run_is_quoted_and_numbers_are_not():
    frame = pd.DataFrame(
        {"=name": ["=1+1", "+1", "-1", "@x", "\tx", "a=b", None], "size": [-1.5, np.nan, 2, 3, 4, 5, 6]}
    )
    back = pd.read_csv(io.StringIO(csv_text(frame)))
    assert list(back.columns) == ["'=name", "size"]
    assert back["'=name"].tolist()[:6] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=b"]
    assert back["'=name"].isna().tolist() == [False] * 6 + [True]
    assert back["size"].tolist()[0] == -1.5 and np.isnan(back["size"][1])
    category = pd.DataFrame({"name": pd.Categorical(["=1", "b"])})
    assert csv_text(category) == "name\n'=1\nb\n"


def test_an_index_is_saved_when_it_says_something():
    frame = pd.DataFrame({"clean": [0.5, 0.75, 1.0]}, index=pd.Index(["Std", "Adv", "Min-Max"], name="variant"))
    assert csv_text(frame) == "variant,clean\nStd,0.5\nAdv,0.75\nMin-Max,1.0\n"
    assert csv_text(frame.reset_index(drop=True).query("clean > 0.6")) == "clean\n0.75\n1.0\n"


def test_latex_is_a_booktabs_table_with_numbers_to_the_right():
    frame = pd.DataFrame({"run_id": ["A & B", "100% #1"], "accuracy": [0.98765, np.nan], "margin": [-2.0, 3.5]})
    assert latex_text(frame, "Runs_1", {"accuracy": ".3f", "margin": lambda value: f"{value:+.1f}"}).splitlines() == [
        r"\begin{table}",
        r"\centering",
        r"\caption{Runs\_1}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"run\_id & accuracy & margin \\",
        r"\midrule",
        r"A \& B & 0.988 & \ensuremath{-}2.0 \\",
        r"100\% \#1 & -- & +3.5 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    with pytest.raises(ValueError, match="accurcy"):
        latex_text(frame, "Runs", {"accurcy": ".3f"})


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a~b^c $x$ <d>", r"a\textasciitilde{}b\textasciicircum{}c \$x\$ \textless{}d\textgreater{}"),
        (
            "λ = 0.1, Δ ≤ ∞",
            r"\ensuremath{\lambda} = 0.1, \ensuremath{\Delta} \ensuremath{\le} \ensuremath{\infty}",
        ),
        ("l₂ Α ✗", r"l\ensuremath{_2} \ensuremath{\mathrm{A}} \ensuremath{\times}"),
        ("Müller\n\nline", "Müller line"),
        ("字", "[U+5B57]"),
    ],
)
def test_text_is_escaped(text, source):
    assert escaped(text) == source


def test_a_table_offers_files_that_are_made_when_asked_for(monkeypatch):
    def page():
        import pandas as pd
        import streamlit as st

        from dashboard.ui.tables import draw_table

        config = {"accuracy": st.column_config.NumberColumn("Accuracy", format="%.1f")}
        draw_table(pd.DataFrame({"accuracy": [0.123]}), key="t", name="Paper: table 1", column_config=config)

    made, offered = [], {}
    monkeypatch.setattr(tables, "csv_text", lambda frame: made.append("csv") or "csv")
    monkeypatch.setattr(
        tables.st, "download_button", lambda kind, data, *given, **named: offered.update({kind: (data, *given)})
    )
    test = AppTest.from_function(page).run()
    assert not test.exception and len(test.dataframe) == 1
    assert [names for _, *names in offered.values()] == [
        ["Paper-table-1.csv", "text/csv"],
        ["Paper-table-1.tex", "text/x-tex"],
    ]
    assert made == []
    assert offered["CSV"][0]() == b"csv" and made == ["csv"]
    assert "0.1 \\\\" in offered["LaTeX"][0]().decode()


def test_file_stems():
    assert [file_stem(name) for name in ("a/../b", "λ = 1", "***")] == ["a-b", "λ-1", "table"]


def test_the_same_table_is_converted_once(monkeypatch):
    converted, convert = [], tables.convert_pandas_df_to_arrow_table
    monkeypatch.setattr(tables, "convert_pandas_df_to_arrow_table", lambda frame: converted.append(1) or convert(frame))
    frame = pd.DataFrame({"Table converted once": [1.5, 2.5]})
    assert tables.arrow_table(frame) is tables.arrow_table(frame.copy()) and len(converted) == 1
    frame.loc[0] = 3.5
    assert tables.arrow_table(frame).to_pandas().equals(frame)
