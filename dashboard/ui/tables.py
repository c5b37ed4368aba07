"""Tables on pages, with downloads as CSV and LaTeX."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, overload

import pandas as pd
import pyarrow as pa
import streamlit as st
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype, is_scalar
from streamlit.dataframe_util import convert_pandas_df_to_arrow_table

from dashboard.memory import remembered_by_content
from dashboard.ui.latex import escaped
from dashboard.ui.plain_text import plain

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MISSING = "--"
MOST_ROWS = 24
"""Number of rows up to which a table is shown in full; longer tables scroll."""

Format = str | Callable[[Any], str]
"""Format of a number: a format specification such as ".3f", or a function of the number."""


class Later(NamedTuple):
    """A long table that is built on request: its number of rows, and the function that builds it."""

    rows: int
    build: Callable[[], pd.DataFrame]


@overload
def built(table: pd.DataFrame | Later) -> pd.DataFrame: ...
@overload
def built(table: None) -> None: ...
def built(table: pd.DataFrame | Later | None) -> pd.DataFrame | None:
    """The table itself."""
    return table.build() if isinstance(table, Later) else table


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV with a header line; a meaningful index becomes the first column.

    Numbers are written with full precision. Text that a spreadsheet would read as a formula gets a leading quote.
    """
    frame = flattened(frame)
    safe = pd.DataFrame({place: _inert(column) for place, (_, column) in enumerate(frame.items())}, index=frame.index)
    safe.columns = [_inert_text(name) for name in frame.columns]
    return safe.to_csv(index=False, lineterminator="\n")


def latex_text(frame: pd.DataFrame, caption: str, formats: Mapping[str, Format] | None = None) -> str:
    r"""A floating LaTeX table in the booktabs style, for a document with \usepackage{booktabs} and UTF-8 input.

    Args:
        frame: text is escaped; a meaningful index becomes the first column.
        caption: text, also escaped.
        formats: column -> format of its numbers; other numbers are written in full. Missing values are written "--".

    Raises:
        ValueError: `formats` names a column that does not exist.
    """
    frame, formats = flattened(frame), formats or {}
    if unknown := set(formats) - set(frame.columns):
        raise ValueError(f"expected formats for {list(frame.columns)}, got one for {sorted(unknown)}")
    columns = [_latex_cells(column, formats.get(str(name), "")) for name, column in frame.items()]
    sides = "".join("r" if is_number(column) else "l" for _, column in frame.items())
    rows = [" & ".join(cells) + r" \\" for cells in zip(*columns, strict=True)]
    head = " & ".join(escaped(str(name)) for name in frame.columns) + r" \\"
    lines = [r"\begin{table}", r"\centering", f"\\caption{{{escaped(caption)}}}", f"\\begin{{tabular}}{{{sides}}}"]
    lines += [r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def draw_table(
    frame: pd.DataFrame,
    *,
    key: str,
    name: str,
    column_config: Mapping[str, Any] | None = None,
    choosable: bool = False,
) -> tuple[int, str] | None:
    """Draw a table with its downloads, which are created on request.

    Args:
        frame: table to show and to download.
        key: identifies the table on its page.
        name: LaTeX caption of the table and name of its files.
        column_config: as for st.dataframe; its printf formats also apply to LaTeX.
        choosable: whether a click chooses a cell.

    Returns:
        Row number and column name of the chosen cell, None without one.
    """
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-cell"} if choosable else {}
    event = st.dataframe(
        arrow_table(frame),
        column_config=column_config,
        hide_index=not has_speaking_index(frame),
        width="stretch",
        height="content" if len(frame) <= MOST_ROWS else "auto",
        key=key,
        placeholder="–",
        **options,
    )
    _draw_downloads(frame, key, name, column_config or {})
    return next(iter(event["selection"]["cells"]), None) if choosable else None


def _draw_downloads(frame: pd.DataFrame, key: str, name: str, column_config: Mapping[str, Any]) -> None:
    stem, formats = file_stem(name), _formats(column_config, frame)
    kinds = {
        "CSV": ("csv", "text/csv", lambda: csv_text(frame).encode()),
        "LaTeX": ("tex", "text/x-tex", lambda: latex_text(frame, name, formats).encode()),
    }
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for kind, (ending, mime, data) in kinds.items():
            st.download_button(
                plain(kind),
                data,
                f"{stem}.{ending}",
                mime,
                key=f"{key}-{ending}",
                help=f"Download {plain(f'{stem}.{ending}')}",
                on_click="ignore",
                type="tertiary",
            )


@remembered_by_content
def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """The table for st.dataframe, which would convert it again in every rerun."""
    return convert_pandas_df_to_arrow_table(frame)


def file_stem(name: str) -> str:
    """File name without extension: the words of `name` joined by hyphens; "table" if there are none."""
    return re.sub(r"\W+", "-", name).strip("-") or "table"


def flattened(frame: pd.DataFrame) -> pd.DataFrame:
    """Table with one level of columns named by strings; a meaningful index becomes the first column."""
    frame = frame.reset_index(drop=not has_speaking_index(frame))
    names = [" ".join(map(str, name)).strip() if isinstance(name, tuple) else str(name) for name in frame.columns]
    return frame.set_axis(names, axis="columns")


def has_speaking_index(frame: pd.DataFrame) -> bool:
    """True if the index is more than row numbers."""
    return frame.index.name is not None or not is_integer_dtype(frame.index.dtype)


def is_number(column: pd.Series) -> bool:
    """True if a column contains numbers, which are right-aligned; booleans do not count."""
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def is_missing(value: object) -> bool:
    return is_scalar(value) and bool(pd.isna(value))


def _inert(column: pd.Series) -> pd.Series:
    return column if is_number(column) or is_bool_dtype(column) else column.astype(object).map(_inert_text)


def _inert_text(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _latex_cells(column: pd.Series, form: Format) -> list[str]:
    write = form if callable(form) else lambda value: format(value, form)
    return [_latex_cell(value, write) for value in column]


def _latex_cell(value: Any, write: Callable[[Any], str]) -> str:
    if is_missing(value):
        return MISSING
    if isinstance(value, str | bool):
        return escaped(str(value))
    return re.sub(r"^-(?=[\d.])", r"\\ensuremath{-}", escaped(write(value)))


def _formats(column_config: Mapping[str, Any], frame: pd.DataFrame) -> dict[str, Format]:
    """Formats of the columns of `frame` whose configuration has a printf format or "percent"."""
    found: dict[str, Format] = {}
    for name, config in column_config.items():
        form = ((config or {}).get("type_config") or {}).get("format") if isinstance(config, Mapping | None) else None
        if isinstance(form, str) and re.search(r"%[-+ 0#]*\d*(\.\d+)?[dieEfFgG]", form) and name in frame.columns:
            found[name] = form.__mod__
        elif form == "percent" and name in frame.columns:
            found[name] = ".2%"
    return found
