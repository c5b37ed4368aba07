"""One line on each page: what it shows, and what to try next."""

from typing import NamedTuple

import streamlit as st

from dashboard.glossary import explained
from dashboard.navigation import draw_link


class Guide(NamedTuple):
    """What a page shows, what to try next, its terms, and the pages where one can go on with the words of the links."""

    shows: str
    try_next: str
    terms: tuple[str, ...]
    links: dict[str, str]


GUIDES = {
    "launch": Guide(
        "A form for new runs, their cost, and the queue.",
        "Keep the preset and launch it; the Weights page follows the training.",
        ("Min-Max", "Tipping point", "Probe"),
        {"theory": "Why λ and μ"},
    ),
    "runs": Guide(
        "All runs with their numbers, and the machine that they run on.",
        "Filter with λ = 0.03, select two rows, and open them on another page.",
        ("Fuzziness", "Clean accuracy", "Worst case", "Probe"),
        {"launch": "Launch runs"},
    ),
    "sweeps": Guide(
        "Maps of many runs: one cell for each λ and μ.",
        "Choose a point and open its runs.",
        ("Fuzziness", "Near zero", "Tipping point", "Worst case"),
        {"theory": "Why the line"},
    ),
    "weights": Guide(
        "The weights of each run at one epoch, and their fuzziness over training.",
        "Play the training and compare where the weights of Std and Min-Max go.",
        ("Fuzziness", "Membership", "Near zero", "Probe"),
        {"robustness": "Are they robust?"},
    ),
    "robustness": Guide(
        "Accuracy of each run under attack, and whether the numbers can be trusted.",
        "Read the checks, then the view Against ε.",
        ("Worst case", "ε, normalized", "Protocol", "Gradient masking", "95 % interval"),
        {"examples": "See the images"},
    ),
    "examples": Guide(
        "Test images before and after an attack, and what each network answers.",
        "Choose another question, or draw a digit of your own below.",
        ("ε, normalized", "l∞ and l₂", "Clean accuracy"),
        {"robustness": "How often it happens"},
    ),
    "paper": Guide(
        "The claims of the paper with our verdicts, then each table and figure next to ours.",
        "Open the runs of a claim and judge for yourself.",
        ("Min-Max", "Fuzziness", "Near zero", "Worst case", "ε, normalized"),
        {"sweeps": "Other λ and μ"},
    ),
    "theory": Guide(
        "The penalty of one weight, its path, and a test of Theorem 1.",
        "Drag the weight onto the hill and let it go on both sides of the tipping point.",
        ("Min-Max", "Tipping point", "Fuzziness"),
        {"weights": "Weights of real runs"},
    ),
}


def draw_guide(page: str) -> None:
    """Draw the line of a page; its terms are explained on hover and focus."""
    guide = GUIDES[page]
    with st.container(horizontal=True, vertical_alignment="center", key="guide"):
        st.markdown(f"{guide.shows} **Try next:** {guide.try_next}", help=explained(guide.terms), width="content")
        for name, label in guide.links.items():
            draw_link(name, label)
