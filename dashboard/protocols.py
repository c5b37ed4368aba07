"""Protocols: results are only side by side when they were taken in the same way."""

from collections.abc import Mapping

import streamlit as st

from engine.robustness.report import RobustnessReport


def protocol_title(report: RobustnessReport) -> str:
    """Epsilon in its unit and in pixels, and n."""
    threat = report.threat
    pixels = sorted({round(value, 4) for value in report.pixel_epsilon})
    other = (
        "" if threat.unit == "pixel" else " (" + " to ".join(f"{value:.4f}" for value in (pixels[:1] + pixels[1:][-1:]))
    )
    return f"ε = {threat.epsilon:g} {threat.unit}{other + ' in pixels)' if other else ''}, n = {report.n}"


def pick_protocol(reports: Mapping[str, Mapping[str, RobustnessReport]]) -> str | None:
    """A choice among all protocols that any run has a report of, the one most runs share first; None without any."""
    titles: dict[str, str] = {}
    counts: dict[str, int] = {}
    for found in reports.values():
        for protocol, report in found.items():
            titles[protocol] = protocol_title(report)
            counts[protocol] = counts.get(protocol, 0) + 1
    if not titles:
        return None
    order = sorted(titles, key=lambda protocol: -counts[protocol])
    if len(order) == 1:
        return order[0]
    return st.selectbox("Protocol", order, format_func=titles.__getitem__, key="protocol")
