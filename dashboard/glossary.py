"""Terms of the laboratory, each explained once. No streamlit."""

from collections.abc import Iterable

TERMS = {
    "Near zero": "A weight with |w| < 0.01.",
    "Membership": "ρ = 1/(1 + |w|) of a weight w: 1 at zero, and close to 0 for a large weight.",
    "Fuzziness": (
        "The mean over a layer's weights of −ρ ln ρ − (1 − ρ) ln(1 − ρ), in nats. It is 0 if all weights are 0, low if "
        "all are either close to 0 or large, and ln 2 = 0.693 if every |w| is 1."
    ),
    "Min-Max": "Training with CE + λ‖W‖₁ − μ‖W‖₂², which pulls small weights to zero and pushes large ones outward.",
    "Tipping point": (
        "The size λ/(2μ) of a weight. The penalty pulls smaller weights to zero and pushes larger ones outward."
    ),
    "ε, normalized": (
        "The largest change of an input, in the units that the network sees after normalization. On MNIST, ε = 0.3 is "
        "0.0924 of the range from black to white."
    ),
    "l∞ and l₂": "The largest change of a single pixel, and the root of the sum of squared changes of all pixels.",
    "Clean accuracy": "The share of test images classified correctly without an attack.",
    "Worst case": (
        "The share of images classified correctly under every attack of a protocol. Attacks not run can lower it."
    ),
    "Probe": (
        "A short PGD attack on a few fixed test images during training. It follows the change over epochs; for numbers "
        "to report, attack the finished run."
    ),
    "Protocol": "ε, its unit and norm, the images and the seed of an evaluation. Only results of one protocol compare.",
    "Gradient masking": (
        "The gradients of a network mislead attacks that follow them, so it looks more robust than it is."
    ),
    "95 % interval": "Wilson's interval over images for one run, Student's over seeds for several.",
}


def explained(terms: Iterable[str]) -> str:
    """The terms with their explanations, as a list in Markdown.

    Raises:
        KeyError: a term is not in TERMS.
    """
    return "\n".join(f"- **{term}**: {TERMS[term]}" for term in terms)
