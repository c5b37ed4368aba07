"""Theory: the effect of the penalty on a single weight, weight paths, and a test of the paper's Theorem 1."""

import streamlit as st

from dashboard.glossary import TERMS, explained
from dashboard.guide import draw_guide
from dashboard.theory.controls import pick_strengths
from dashboard.theory.paths import draw_paths
from dashboard.theory.penalty import draw_penalty
from dashboard.theory.theorem import draw_theorem
from dashboard.ui.page_export import PageExport
from engine.minmax.objective import ObjectiveConfig

st.title("How the penalty moves weights")
draw_guide("theory")
export = PageExport("How the penalty moves weights")

st.markdown(
    r"The objective is $\mathrm{CE} + \lambda\lVert W\rVert_1 - \mu\lVert W\rVert_2^2$; with $\lambda = \mu$ the "
    r"penalty is $\lambda$ times the paper’s $M(W) = \sum |w|(1 - |w|)$."
)
l1_strength, l2_strength = pick_strengths()
objective = ObjectiveConfig(l1_strength=l1_strength, l2_strength=l2_strength)
draw_penalty(export, objective)

st.header("Weight paths under the penalty")
draw_paths(export, objective)

st.header("Theorem 1 with σ depending on W")
st.markdown(
    r"One layer, $L = -y^\top \log \sigma(Wx)$, $\partial L/\partial x_i = \sum_j W_{ji}(\sigma_j - y_j)$. Model a "
    r"draws the weights from $U(0, 1)$, model b from $\mathrm{Bernoulli}(p_1)$. The paper claims "
    r"$|\mathrm{E}\,\partial L_b/\partial x_i| \le |\mathrm{E}\,\partial L_a/\partial x_i|$; its proof assumes that "
    r"$\sigma$ is independent of $W$, but then both sides are $c\,|1 - \sum_j \sigma_j| = 0$. Here $\sigma$ depends on "
    r"$W$, as in a network. To first order in $x$, "
    r"$\mathrm{E}\,\partial L/\partial x_i \approx \frac{m-1}{m} \mathrm{Var}(w)\, x_i$, so the gradient is smaller in "
    r"model b only if $p_1(1 - p_1) < \frac{1}{12}$ (corrected condition)."
)
draw_theorem(export)
export.offer("theory")

st.header("Terms", anchor="terms")
st.markdown(explained(TERMS))
