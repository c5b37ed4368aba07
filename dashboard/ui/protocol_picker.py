"""Choice of a protocol: only results of the same protocol can be compared."""

from collections import Counter
from collections.abc import Mapping

import streamlit as st

from dashboard.ui.widgets import forget_unknown
from engine.formatting import epsilon_words
from engine.robustness.report import RobustnessReport


def protocol_title(report: RobustnessReport) -> str:
    """Title of a protocol: epsilon in its unit and in pixels, number of images, and whether they are of other data."""
    threat = report.threat
    data = ", other data" if report.test_data_is == "other" else ""
    return f"{epsilon_words(threat.epsilon, threat.unit, report.pixel_epsilon)}, n = {report.n}{data}"


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
    titles = _unique(titles)
    order = sorted(titles, key=weights.__getitem__, reverse=True)
    forget_unknown("protocol", order)
    if len(order) == 1:
        return order[0]
    return st.selectbox("Protocol", order, format_func=titles.__getitem__, key="protocol", bind="query-params")


def _unique(titles: Mapping[str, str]) -> dict[str, str]:
    """The titles, with the protocol id where several are equal: the address of the page holds the title."""
    counts = Counter(titles.values())
    return {
        protocol: title if counts[title] == 1 else f"{title}; protocol {protocol}" for protocol, title in titles.items()
    }
