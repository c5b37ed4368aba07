"""A figure reaches the component whole."""

import json

import pandas as pd
import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest

from dashboard.figures.histories import history_figure
from dashboard.ui import live_charts
from dashboard.ui.tables import csv_text


def test_a_figure_reaches_the_component_with_its_uids(monkeypatch):
    mounted = {}
    monkeypatch.setattr(live_charts, "_mount", lambda **arguments: mounted.update(arguments))
    history = pd.DataFrame({"run_id": ["r"], "label": "Std", "variant": "std", "epoch": 0.0, "loss": 2.0})
    figure = history_figure(history, "loss", "Loss", "Loss")
    live_charts.live_chart(figure, key="loss/../live", height=300, alt="Loss of one run")
    data = mounted["data"]
    assert mounted["key"] == "loss/../live"
    assert (data["height"], data["alt"], data["filename"]) == (300, "Loss of one run", "loss-live")
    assert [trace["uid"] for trace in json.loads(data["figure"])["data"]] == ["r-loss", "r-loss-last"]


def test_a_table_travels_as_the_csv_it_will_be_saved_as(monkeypatch):
    mounted = {}
    monkeypatch.setattr(live_charts, "_mount", lambda **arguments: mounted.update(arguments))
    table = pd.DataFrame({"run": ["=1", "b"], "loss": [0.1 + 0.2, -1.0]})
    live_charts.live_chart(go.Figure(), key="loss", alt="Loss", table=table, autoplay=True)
    assert mounted["data"]["csv"] == csv_text(table)
    assert mounted["data"]["autoplay"] is True
    live_charts.live_chart(go.Figure(), key="loss", alt="Loss")
    assert (mounted["data"]["csv"], mounted["data"]["autoplay"]) == (None, False)


def test_a_long_table_does_not_travel_with_the_chart(monkeypatch):

    def page():
        import pandas as pd
        import plotly.graph_objects as go

        from dashboard.ui import live_charts

        for key, rows in (("short", live_charts.EMBEDDED_ROWS), ("long", live_charts.EMBEDDED_ROWS + 1)):
            live_charts.live_chart(go.Figure(), key=key, alt=key, table=pd.DataFrame({"weight": range(rows)}))

    mounted = {}
    monkeypatch.setattr(live_charts, "_mount", lambda key, data: mounted.update({key: data}))
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert mounted["short"]["csv"].startswith("weight\n0\n1\n")
    assert mounted["long"]["csv"] is None
    (button,) = app.get("download_button")
    assert button.proto.label == "CSV, 5,001 rows"
