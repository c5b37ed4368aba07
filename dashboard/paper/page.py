"""Paper: its tables, figures and claims, compared with our runs."""

import streamlit as st

from dashboard import sources
from dashboard.guide import draw_guide
from dashboard.paper.claims import draw_claims
from dashboard.paper.controls import pick_evidence
from dashboard.paper.figures import draw_figures
from dashboard.paper.missing import draw_missing
from dashboard.paper.reading import judged
from dashboard.paper.search import draw_search
from dashboard.paper.tables import draw_tables
from dashboard.paper.takeaway import draw_takeaway
from dashboard.paper.words import setting_words
from dashboard.ui.contents import draw_contents
from dashboard.ui.page_export import PageExport

CONTENTS = {
    "claims": "Claims of the paper",
    "accuracies": "Accuracy under attack",
    "fuzziness": "Fuzziness",
    "figures": "Figures 2 to 6",
    "search": "Search for λ and μ",
    "missing": "Missing runs",
}

here = sources.settings()
st.title("Reproduction of the paper")
draw_guide("paper")
st.markdown(
    "Shen, Chen & Wang, *A Study on the Uncertainty of Convolutional Layers in Deep Neural Networks*, "
    "[arXiv 2011.13719](https://arxiv.org/abs/2011.13719): every number of the paper next to ours."
)
library, evidence = pick_evidence(here)
claims = judged(evidence)
export = PageExport(f"Reproduction of the paper on {evidence.setting.config('std', 0).dataset_spec.title}")
draw_contents(CONTENTS)
draw_claims(export, evidence.setting, claims)
export.note(setting_words(evidence))
draw_tables(export, evidence)
draw_figures(export, evidence)
draw_search(export, library, evidence)
draw_missing(here, library, evidence)
with st.container(horizontal=True):
    export.offer(f"paper-{evidence.setting.name}")
    draw_takeaway(library, evidence)
