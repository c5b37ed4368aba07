"""Filter of runs: expressions such as `λ = 0.03 seed >= 2 tag = paper`. No torch."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.errors import InputError

Kind = Literal["number", "name", "text", "date", "flag"]
Value = float | str | bool | tuple[str, ...] | None

FIELDS: dict[str, Kind] = {
    "variant": "name",
    "data": "name",
    "architecture": "name",
    "scope": "name",
    "status": "name",
    "tag": "name",
    "λ": "number",
    "μ": "number",
    "seed": "number",
    "epochs": "number",
    "clean": "number",
    "worst": "number",
    "fuzziness": "number",
    "name": "text",
    "note": "text",
    "id": "text",
    "date": "date",
    "pinned": "flag",
    "archived": "flag",
    "shipped": "flag",
}
"""Field -> how it is compared.

A number is equal up to rounding; a name is equal whatever its case; a text contains the value; a date begins with it; a
flag is yes or no. Only numbers and dates have an order.
"""

ALIASES = {"lambda": "λ", "l1": "λ", "mu": "μ", "µ": "μ", "tags": "tag", "dataset": "data", "worst-case": "worst"}
TEXT = "text"
"""Entry of a row in which free words are looked for."""

SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "==": "="}
ORDERS: dict[str, Callable] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FLAGS = {"yes": True, "true": True, "no": False, "false": False}
LONGEST = 500

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<sign><=|>=|!=|==|[=<>≤≥≠])|(?P<word>(?:[^\s"<>=≤≥≠,!]|!(?!=))+)|,)')
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Term:
    """One condition: a field compared with a value, or a free word, whose field is TEXT."""

    field: str
    sign: str
    value: float | str | bool

    def holds(self, row: Row) -> bool:
        """Whether a run's row meets the condition; an unknown number or date meets none."""
        found, kind = row.get(self.field), FIELDS.get(self.field, "text")
        if found is None:
            return False
        if kind in ("number", "date"):
            return self._holds_in_order(found)
        equal = self.value in found if kind in ("name", "text") else self.value == found  # type: ignore[operator]
        return equal == (self.sign == "=")

    def _holds_in_order(self, found: Value) -> bool:
        if isinstance(found, str) and isinstance(self.value, str):
            found = found[: len(self.value)]
            equal = found == self.value
        else:
            equal = math.isclose(found, self.value, rel_tol=1e-9)  # type: ignore[arg-type]
        if self.sign in ("=", "!="):
            return equal == (self.sign == "=")
        return equal if equal and "=" in self.sign else not equal and ORDERS[self.sign](found, self.value)


def parse_filter(expression: str) -> tuple[Term, ...]:
    """Conditions of an expression, all of which must hold; none for an empty one.

    Raises:
        InputError: a field is unknown, or a value is missing or is no number, date or flag where one is needed.
    """
    if len(expression) > LONGEST:
        raise InputError(f"a filter of at most {LONGEST} characters", f"{len(expression)}", "Shorten it.")
    return tuple(_terms(list(_tokens(expression))))


def matches(terms: Sequence[Term], row: Row) -> bool:
    """Whether a run's row meets all conditions."""
    return all(term.holds(row) for term in terms)


def fields_of(terms: Sequence[Term]) -> set[str]:
    """The fields that the conditions compare."""
    return {term.field for term in terms}


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each part: "quoted", "sign" or "word"."""
    place = 0
    while expression[place:].strip():
        found = _TOKEN.match(expression, place)
        if found is None:
            remedy = "Close the quotation mark." if '"' in expression[place:] else "Remove this sign."
            raise InputError("a filter such as λ = 0.03", repr(expression[place:].strip()), remedy)
        if found.lastgroup:
            yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _terms(tokens: list[tuple[str, str]]) -> Iterator[Term]:
    while tokens:
        kind, text = tokens.pop(0)
        if kind == "sign":
            raise InputError(f"the name of a field before {text}", "none", f"Write one, as in λ {text} 0.03.")
        if tokens and tokens[0][0] == "sign" and kind == "word":
            _, sign = tokens.pop(0)
            if not tokens or tokens[0][0] == "sign":
                raise InputError(f"a value after {text} {sign}", "none", f"Write one, as in {text} {sign} 0.03.")
            yield _term(text, SIGNS.get(sign, sign), tokens.pop(0)[1])
        elif text and (kind, text.casefold()) != ("word", "and"):
            yield Term(TEXT, "=", text.casefold())


def _term(name: str, sign: str, value: str) -> Term:
    """A condition, with the value in the field's type."""
    field = ALIASES.get(name.casefold(), name.casefold())
    if (kind := FIELDS.get(field)) is None:
        raise InputError(f"a field, one of {', '.join(FIELDS)}", repr(name), "Choose one, or put the words in quotes.")
    if sign in ORDERS and kind not in ("number", "date"):
        ordered = [name for name, kind in FIELDS.items() if kind in ("number", "date")]
        raise InputError(f"= or != after {field}", sign, f"The fields in an order are {', '.join(ordered)}.")
    if kind == "number":
        return Term(field, sign, _number(field, value))
    if kind == "date" and not _DATE.fullmatch(value):
        raise InputError("a date such as 2026-11 or 2026-11-28", repr(value), "Write year, month and day.")
    if kind == "flag":
        if value.casefold() not in FLAGS:
            raise InputError(f"yes or no after {field}", repr(value), "Choose one of these.")
        return Term(field, sign, FLAGS[value.casefold()])
    return Term(field, sign, value.casefold())


def _number(field: str, text: str) -> float:
    try:
        number = float(text.replace("−", "-").removesuffix("%"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"a number for {field}", repr(text), f"Write one, as in {field} = 0.03.")
    return number
