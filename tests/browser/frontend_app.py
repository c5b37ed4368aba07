"""A page with every piece of ours that runs in the browser; `test_frontend_in_browser.py` drives it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.canvas import compose
from dashboard.figures.images import image_png, perturbation_png
from dashboard.ui.announcement import announce
from dashboard.ui.drawing_board import drawing_board
from dashboard.ui.example_grid import ExampleCell, ExampleGrid, ExampleRow
from dashboard.ui.page_export import PageExport

FRAMES = 21
TABLE = pd.DataFrame({"run": ["</script><b>", "=1+1", "λ; “é”"], "accuracy": [0.1 + 0.2, -1e-7, np.nan]})


def line(frame: int, uid: str) -> dict:
    return {"type": "scatter", "x": np.arange(5.0), "y": np.full(5, float(frame)), "name": uid, "uid": uid}


def weights_figure(runs: int) -> go.Figure:
    figure = compose("Weights", [line(0, "std"), line(0, "min-max")], yaxis={"range": [0, FRAMES]}, meta=runs)
    figure.frames = [
        go.Frame(
            name=f"{frame / 2:g}",
            data=[line(frame, "std"), line(frame, "min-max")],
            layout={"title": {"text": f"Weights at epoch {frame / 2:g}"}},
        )
        for frame in range(FRAMES)
    ]
    return figure


def cell(attack: int, confidence: float) -> ExampleCell:
    image = np.zeros((28, 28))
    image[5:20, 12:15] = 1
    probabilities = np.zeros(10)
    probabilities[[3, 7]] = (confidence, 1 - confidence) if attack else (1 - confidence, confidence)
    change = np.full((28, 28), 0.092)
    return ExampleCell(
        image=image_png(image, scale=1),
        prediction="3" if attack else "7",
        is_correct=attack == 0,
        confidence=confidence,
        true_confidence=float(probabilities[7]),
        linf=0.3 if attack else None,
        l2=2.5 if attack else None,
        changed=0.84 if attack else None,
        probabilities=tuple(probabilities),
        perturbation=perturbation_png(change, limit=0.092, scale=1) if attack else None,
        perturbation_limit=0.092 if attack else None,
    )


def example_rows(confidence: float) -> tuple[ExampleRow, ...]:
    cells = tuple(cell(attack, confidence) for attack in range(8))
    return (ExampleRow("Std", "#62686e", (*cells[:-1], None)), ExampleRow("Min-Max", "#c5101d", cells))


def draw() -> None:
    st.set_page_config(layout="wide")
    st.button("Again")
    runs = st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.write(f"Run number {runs}.")
    announce(["Always the same", f"<b>Run</b> number {runs}"])
    export = PageExport("All of it")
    export.chart(weights_figure(runs), key="weights", alt="Weights", height=320, table=TABLE, autoplay=True)
    export.chart(compose("Still", [line(runs, "std")]), key="still", alt="Still", height=200)
    columns = ("clean", *(f"attack {attack}" for attack in range(1, 8)))
    rows = example_rows(0.8 if runs == 1 else 0.7)
    export.grid(ExampleGrid("7", tuple("0123456789"), columns, rows), key="grid")
    export.table(TABLE, key="table", title="Numbers")
    export.note("No <b>markup</b> here.")
    drawing = drawing_board(key="board")
    if drawing is None:
        st.write("Nothing drawn")
    else:
        rows, columns = drawing.max(1).nonzero()[0], drawing.max(0).nonzero()[0]
        st.write(f"Ink in rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}")
    export.offer("All of it")


if __name__ == "__main__":
    draw()
