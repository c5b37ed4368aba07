"""Limits of configuration fields: stated once in the models, used by forms, `--help` and error messages."""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ValidationError

from engine.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Limits:
    """Values that one field accepts."""

    description: str
    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return f"{_plain(self.low)} to {_plain(self.high)}" if self.low is not None else self.description


def field_limits(model: type[BaseModel], name: str) -> Limits:
    """Limits of `model.name`."""
    field = model.model_fields[name]
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    bounds: dict[str, Any] = {}
    for constraint in field.metadata:
        if isinstance(constraint, annotated_types.Ge):
            bounds["low"] = constraint.ge
        elif isinstance(constraint, annotated_types.Gt):
            bounds["low"] = constraint.gt
        elif isinstance(constraint, annotated_types.Le):
            bounds["high"] = constraint.le
    return Limits(field.description or name, field.default, choices=choices, **bounds)


def validated(model: type[Model], **values: Any) -> Model:
    """`model(**values)`, with the first validation error raised as an InputError.

    Raises:
        InputError: a value is out of range, not finite, of the wrong type, missing or unknown.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise _readable(model, error) from error


def _readable(model: type[BaseModel], error: ValidationError) -> InputError:
    first = error.errors()[0]
    if isinstance(cause := first.get("ctx", {}).get("error"), InputError):
        return cause
    path = [str(part) for part in first["loc"]]
    name = ".".join(path) or model.__name__
    if first["type"] == "extra_forbidden":
        return InputError("only known settings", f"the unknown setting {name}", "Remove it.")
    if first["type"] == "missing":
        return InputError(f"a value for {name}", "none", f"Set {name}.")
    path = [part for part in path if not part.isdigit()]  # positions in a tuple have no name
    owner: Any = model
    for part in path[:-1]:
        fields = getattr(owner, "model_fields", {})
        owner = fields[part].annotation if part in fields else None
    words = path[-1].replace("_", " ") if path else name
    known = isinstance(owner, type) and issubclass(owner, BaseModel) and path and path[-1] in owner.model_fields
    limits = field_limits(owner, path[-1]) if known else None
    what = {"int_parsing": "a whole number", "int_from_float": "a whole number"}.get(first["type"], "")
    allowed = " ".join(part for part in (what, str(limits) if limits else first["msg"]) if part)
    return InputError(f"{words} to be {allowed}", repr(first["input"]), "Choose a value within these limits.")


def _plain(value: float | None) -> str:
    return "any" if value is None else f"{value:,.10g}".replace(",", " ") if abs(value) >= 1e4 else f"{value:g}"
