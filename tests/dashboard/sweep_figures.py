"""Quantities of a sweep, and parts of its figures."""

import re

from dashboard.frames.sweeps import quantity

FUZZINESS, LARGEST, CLEAN, FGSM = (quantity(name) for name in ("fuzziness", "largest_weight", "none", "fgsm"))


def plain(text: str) -> str:
    return re.sub("<[^>]*>", "", text)


def traces(figure, kind: str):
    return [trace for trace in figure.data if trace.type == kind]


def named(figure, words: str):
    return [trace for trace in figure.data if words in (trace.name or "")]
