"""Choice of a protocol: only results of the same protocol can be compared."""

from collections.abc import Mapping

import streamlit as st

from dashboard.ui.widgets import forget_unknown
from engine.formatting import epsilon_words
from engine.robustness.report import RobustnessReport


def protocol_title(report: RobustnessReport) -> str:
    """Title of a protocol: epsilon in its unit and in pixels, and number of images."""
    threat = report.threat
    return f"{epsilon_words(threat.epsilon, threat.unit, report.pixel_epsilon)}, n = {report.n}"


def pick_protocol(reports: Mapping[str, Mapping[str, RobustnessReport]]) -> str | None:
    """Draw a choice among the protocols of all reports; None without a report.

    The protocol shared by most runs comes first, then those with more attacks, more images and a smaller ε.
    """
    titles: dict[str, str] = {}
    weights: dict[str, tuple[int, int, int, float]] = {}
    for found in reports.values():
        for protocol, report in found.items():
            shared, attacks, _, _ = weights.get(protocol, (0, 0, 0, 0.0))
            weights[protocol] = (shared + 1, max(attacks, len(report.attacks)), report.n, -report.threat.epsilon)
            titles[protocol] = f"{protocol_title(report)}; attacks: {weights[protocol][1]}"
    if not titles:
        return None
    order = sorted(titles, key=weights.__getitem__, reverse=True)
    forget_unknown("protocol", order)
    if len(order) == 1:
        return order[0]
    return st.selectbox("Protocol", order, format_func=titles.__getitem__, key="protocol", bind="query-params")
