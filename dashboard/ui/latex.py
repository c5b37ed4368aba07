"""Escaping of text as LaTeX source that needs no packages."""

import unicodedata

COMMANDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "µ": r"\ensuremath{\mu}",
    "ϵ": r"\ensuremath{\epsilon}",
    "−": r"\ensuremath{-}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "÷": r"\ensuremath{\div}",
    "°": r"\ensuremath{^\circ}",
    "∞": r"\ensuremath{\infty}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "≠": r"\ensuremath{\ne}",
    "≈": r"\ensuremath{\approx}",
    "→": r"\ensuremath{\to}",
    "←": r"\ensuremath{\leftarrow}",
    "↑": r"\ensuremath{\uparrow}",
    "↓": r"\ensuremath{\downarrow}",
    "√": r"\ensuremath{\surd}",
    "✓": r"\ensuremath{\surd}",
    "✗": r"\ensuremath{\times}",
    "ς": r"\ensuremath{\varsigma}",
    "•": r"\ensuremath{\bullet}",
    "†": r"\dag{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: f"\\ensuremath{{^{digit}}}" for digit, character in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{character: f"\\ensuremath{{_{digit}}}" for digit, character in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
GREEK = (
    *("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA", "ETA", "THETA", "IOTA", "KAPPA", "LAMDA", "MU"),
    *("NU", "XI", "OMICRON", "PI", "RHO", "SIGMA", "TAU", "UPSILON", "PHI", "CHI", "PSI", "OMEGA"),
)
LATIN = {  # Greek letters that have no LaTeX command look like these
    **{"Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O"},
    **{"Ρ": "P", "Τ": "T", "Χ": "X", "ο": "o"},
}


def escaped(text: str) -> str:
    """Text as one line of LaTeX source for any engine; an unsupported character becomes its code, as in [U+1F600]."""
    return "".join(map(_character, " ".join(text.split())))


def _character(character: str) -> str:
    if character in COMMANDS:
        return COMMANDS[character]
    if character in LATIN:
        return f"\\ensuremath{{\\mathrm{{{LATIN[character]}}}}}"
    name = unicodedata.name(character, "")
    if character.isascii() or (name.startswith("LATIN") and ord(character) < 0x180):
        return character
    script, _, letter = name.partition(" LETTER ")
    if script in ("GREEK SMALL", "GREEK CAPITAL") and letter in GREEK:
        command = letter.replace("LAMDA", "LAMBDA")
        return f"\\ensuremath{{\\{command.lower() if script == 'GREEK SMALL' else command.capitalize()}}}"
    return f"[U+{ord(character):04X}]"
