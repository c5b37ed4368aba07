"""Calls in source files that hand text to Markdown, and whether foreign text can be in it.

Text is known to be ours if it is a literal, a constant in capitals or a part of one, a number, made plain, or composed
of such text. A name counts if everything that the function assigns to it does. Everything else is foreign.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

LABELED = ("label", "help")
STREAMLIT: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys(("markdown", "caption", "title", "header", "subheader", "write"), ((0,), ("body", "help"))),
    **dict.fromkeys(("error", "warning", "info", "success", "toast"), ((0,), ("body", "title"))),
    **dict.fromkeys(("button", "checkbox", "toggle", "popover", "badge", "link_button"), ((0,), LABELED)),
    **dict.fromkeys(("number_input", "text_input", "text_area", "slider", "file_uploader"), ((0,), LABELED)),
    **dict.fromkeys(("selectbox", "multiselect", "expander", "download_button", "color_picker"), ((0,), LABELED)),
    **dict.fromkeys(("date_input", "time_input", "datetime_input", "camera_input", "audio_input"), ((0,), LABELED)),
    **dict.fromkeys(("form_submit_button", "feedback", "chat_input"), ((0,), LABELED)),
    **dict.fromkeys(
        ("pills", "segmented_control", "radio", "select_slider", "menu_button"),
        ((0, 1), (*LABELED, "options", "format_func", "captions")),
    ),
    "metric": ((0, 1, 2), (*LABELED, "value", "delta")),
    "tabs": ((0,), ("tabs",)),
    "text": ((), ("help",)),
    "table": ((0,), ("data",)),
    "status": ((0,), ("label",)),
    "spinner": ((0,), ("text",)),
    "dialog": ((0,), ("title",)),
    "progress": ((1,), ("text",)),
    "image": ((1,), ("caption",)),
    "page_link": ((), LABELED),
    "Page": ((), ("title", "help")),
    "latex": ((0,), ("body", "help")),
    "html": ((0,), ("body",)),
    **dict.fromkeys(("Column", "NumberColumn", "TextColumn", "LinkColumn"), ((0,), LABELED)),
}
"""Function of Streamlit -> the positions and the names of its arguments that are read as Markdown or HTML.

Options of a selectbox or multiselect, cells of a data frame and code are text, not Markdown.
"""

OWN: dict[str, dict[str, int]] = {
    "number": {"label": 1},
    "numbers": {"labels": 1},
    "pick_threat": {"label": 1},
    "pick_architecture": {"help_text": 4},
    "addressed_select": {"label": 0, "help": 4},
    "draw_link": {"label": 1},
    "pick_tags": {"label": 0},
    "pick_view": {"views": 0},
    "pick_one": {"label": 1},
    "log_slider": {"label": 1, "help_text": 5},
    "draw_error": {"introduction": 1},
    "errors_drawn": {"introduction": 0},
    "_read_strengths": {"name": 0},
}
"""Function of ours -> the arguments that it hands on: name -> position. They are checked where it is called."""

TEXTS_OF_OURS: dict[str, str] = {
    "plain": "escapes",
    "app_style": "a style sheet of ours",
    "chips_style": "a style sheet, of colors only",
    "len": "a number",
    "sum": "a number",
    "contents": "titles of sections",
    "explained": "terms of ours and their explanations",
    "duration": "a number with its unit",
    "pair_words": "the number of a seed",
    "_length_words": "numbers of images and a duration",
    "progress_words": "numbers of runs by status",
    "quantity": "titles of our quantities",
    "_count": "numbers of evaluations",
    "_cost": "a duration and the name of one of our attacks",
    "_plain": "the number of an epoch",
    "_attacks_help": "names and first lines of our attacks, in bold",
}
"""Function or method -> reason why its result is not foreign text."""

OPTIONS_OF_OURS: dict[tuple[str, str], str] = {
    ("paper/controls.py", "list(titles)"): "titles of our data sets; addresses hold them",
    ("examples/controls.py", "attacks"): "names of our attacks: a report with others is not read; addresses hold them",
    ("examples/page.py", "laddered"): "as above",
    ("robustness/distances.py", "lambda name: f'{name}, {NORMS[ATTACKS[name].norm]}'"): "keys of ATTACKS",
    ("robustness/transfer_images.py", "list(kinds)"): "words of ours with numbers",
}
"""End of a path and expression -> reason why the options, which are values too, are not foreign text."""

KEEPING = ("list", "tuple", "sorted", "reversed", "str", "min", "max", "next", "iter", "join", "strip", "lstrip")
KEEPING += ("capitalize", "keys", "values", "items", "get", "format", "append", "filter")
"""Functions and methods whose result consists of their arguments and the object that they belong to."""

NUMERIC = "bcdeEfFgGnoxX%"


def foreign_texts(source: str, ours: dict[str, str] | None = None) -> list[str]:
    """`line: function: argument` of every argument of a source file that may bring foreign text into Markdown.

    Args:
        ours: as TEXTS_OF_OURS, for further functions.
    """
    tree, known = ast.parse(source), {**TEXTS_OF_OURS, **(ours or {})}
    found = []
    for call, scopes in _calls(tree, ()):
        for argument in _texts(call):
            if not _Text(scopes, known).is_ours(argument):
                found.append(f"{argument.lineno}: {_name(call.func)}: {ast.unparse(argument)}")
    return found


def in_file(path: Path, ours: dict[str, str] | None = None) -> list[str]:
    """`foreign_texts` of a file, each with its path."""
    known = [expression for (place, expression) in OPTIONS_OF_OURS if path.as_posix().endswith(place)]
    found = foreign_texts(path.read_text(encoding="utf-8"), ours)
    return [f"{path}:{words}" for words in found if not words.endswith(tuple(f": {each}" for each in known))]


Scopes = tuple[ast.AST, ...]
"""A module and the functions in it that contain a place, the innermost last."""


def _calls(node: ast.AST, scopes: Scopes) -> Iterator[tuple[ast.Call, Scopes]]:
    if isinstance(node, ast.Module | ast.FunctionDef | ast.Lambda):
        scopes = (*scopes, node)
    if isinstance(node, ast.Call):
        yield node, scopes
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, scopes)


def _texts(call: ast.Call) -> list[ast.expr]:
    """Arguments of a call that are read as Markdown."""
    name = _name(call.func)
    if isinstance(call.func, ast.Attribute) and name in STREAMLIT and not _is_export(call.func):
        positions, keywords = STREAMLIT[name]
    elif isinstance(call.func, ast.Name) and name in OWN:
        positions, keywords = tuple(OWN[name].values()), tuple(OWN[name])
    else:
        return []
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in keywords}
    given = [call.args[place] for place in positions if place < len(call.args)]
    if "format_func" in named:  # the options are shown in its words
        given = given[:1]
        named.pop("options", None)
    return [*given, *named.values()]


def _is_export(function: ast.Attribute) -> bool:
    """Whether a method is one of a PageExport, which makes plain what it gets."""
    return isinstance(function.value, ast.Name) and function.value.id in ("export", "self")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


class _Text:
    """Judges expressions inside functions; `seen` are the names being judged."""

    def __init__(self, scopes: Scopes, known: dict[str, str]) -> None:
        self.scopes, self.known, self.seen = scopes, known, set()

    def is_ours(self, node: ast.AST | None) -> bool:
        match node:
            case None | ast.Constant() | ast.Compare() | ast.UnaryOp():
                return True
            case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                return all(map(self.is_ours, parts))
            case ast.FormattedValue(value=value, format_spec=form):
                return _is_number(form) or self.is_ours(value)
            case ast.Dict(values=values):
                return all(map(self.is_ours, values))
            case ast.IfExp(body=one, orelse=other):
                return self.is_ours(one) and self.is_ours(other)
            case ast.BinOp(op=ast.Add() | ast.BitOr(), left=left, right=right):
                return self.is_ours(left) and self.is_ours(right)
            case ast.BinOp():
                return True  # a number
            case ast.Starred(value=value) | ast.NamedExpr(value=value) | ast.Subscript(value=value):
                return self.is_ours(value)
            case ast.ListComp(elt=each) | ast.GeneratorExp(elt=each) | ast.SetComp(elt=each):
                return self.is_ours(each)
            case ast.DictComp(key=key, value=value):
                return self.is_ours(key) and self.is_ours(value)
            case ast.Lambda(body=body):
                return _Text((*self.scopes, node), self.known).is_ours(body)
            case ast.Attribute(value=value):
                return self.is_ours(value)
            case ast.Call():
                return self._is_call_ours(node)
            case ast.Name(id=name):
                return name.isupper() or name in self.known or self._is_name_ours(name)
        return False

    def _is_call_ours(self, call: ast.Call) -> bool:
        name = _name(call.func)
        if name in self.known:
            return True
        if name == "map":
            return _name(call.args[0]) in self.known
        if name not in KEEPING:
            return False
        owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        return all(map(self.is_ours, [*owner, *call.args]))

    def _is_name_ours(self, name: str) -> bool:
        """Whether all that is assigned to a name, in the innermost scope that assigns it, is ours."""
        if name in self.seen:
            return True
        for scope in reversed(self.scopes):
            if name in _parameters(scope):
                return isinstance(scope, ast.FunctionDef) and name in OWN.get(scope.name, ())
            if values := list(_assigned(scope, name)):
                self.seen.add(name)
                return all(map(self.is_ours, values))
        return False


def _is_number(form: ast.AST | None) -> bool:
    """Whether a format specification accepts numbers only."""
    if not isinstance(form, ast.JoinedStr) or not isinstance(form.values[-1], ast.Constant):
        return False
    return str(form.values[-1].value)[-1:] in (*NUMERIC, ",")


def _parameters(scope: ast.AST) -> set[str]:
    if not isinstance(scope, ast.FunctionDef | ast.Lambda):
        return set()
    found = scope.args
    every = (*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg)
    return {each.arg for each in every if each}


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.AST]:
    """Values that a scope assigns to a name; of a loop over a table, the table."""
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _bound(target, value, name)
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                yield from _bound(target, value, name)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                yield from _bound(target, value, name)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from _bound(target, value, name)


def _bound(target: ast.AST, value: ast.AST, name: str) -> Iterator[ast.AST]:
    """What an assignment gives to a name; where it cannot be told apart, everything."""
    if isinstance(target, ast.Name):
        if target.id == name:
            yield value
    elif isinstance(target, ast.Tuple | ast.List):
        parts = value.args if isinstance(value, ast.Call) and _name(value.func) == "zip" else getattr(value, "elts", ())
        if len(parts) == len(target.elts):
            for each, part in zip(target.elts, parts, strict=True):
                yield from _bound(each, part, name)
        elif any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(target)):
            yield value
