"""Every command in the documents parses: its options exist. Nothing is run."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache

import pytest

from engine.__main__ import COMMANDS
from engine.attacks.catalog import attack_config, attack_names
from engine.command_line.parser import Parser
from engine.data.catalog import dataset_spec
from engine.errors import InputError
from engine.runs.variants import VARIANTS
from tests.documents.markdown import DOCUMENTS, ROOT, Document

UNCHECKED = {"docker", "python3", "pip"}
"""Programs that are not the project's."""

START = re.compile(r"(\.venv/bin/|python |make |minmax )")


def shell_lines(text: str) -> Iterator[str]:
    """Command lines of a code block: continued lines joined, comments left out, variables set by `NAME="..."`."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words and "..." != words[0]:
            yield shlex.join(words)


def commands(document: Document) -> Iterator[tuple[int, str]]:
    """(line, command) of every code block without a language and every code span that begins like a command."""
    for block in document.code_blocks():
        if not block.language:
            for line in shell_lines(block.text):
                yield block.line, line
    for number, text in document.inline_code():
        if START.match(text) and "\n" not in text:
            yield number, text


def variables(document: Document) -> dict[str, str]:
    """Shell variables that the document sets, such as FAST="fgsm pgd"."""
    return dict(re.findall(r'`([A-Z]+)="([^"]*)"`', document.text))


@cache
def engine_commands() -> dict[str, Parser]:
    """Name of a command of `python -m engine` -> its parser."""
    subparsers = Parser(prog="python -m engine").add_subparsers(parser_class=Parser)
    for command in COMMANDS:
        command.add_parser(subparsers)
    return dict(subparsers.choices)


@cache
def options_of(module: str) -> frozenset[str]:
    """The options that a module adds to its parser, read from its source; none where it parses no arguments."""
    place = ROOT / module.replace(".", "/")
    path = place.with_suffix(".py")
    path = path if path.exists() else place / "__main__.py"
    assert path.exists(), f"no module {module}"
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    added = [call.args[0] for call in calls if call.args and getattr(call.func, "attr", "") == "add_argument"]
    return frozenset(str(name.value) for name in added if isinstance(name, ast.Constant)) | {"--help"}


@cache
def make_targets() -> frozenset[str]:
    """The phony targets of the Makefile."""
    line = re.search(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert line is not None
    return frozenset(line[1].split())


def check_engine(words: list[str]) -> None:
    """Parse; then check that options are spelled in full, and names that the parser takes as text."""
    if words in (["--help"], ["COMMAND"], []):
        return
    name, *rest = words
    assert name in engine_commands(), f"no command {name}"
    parser = engine_commands()[name]
    known = {option for action in parser._actions for option in action.option_strings}
    assert {word for word in rest if word.startswith("--")} <= known, f"unknown options in {' '.join(words)}"
    if "--help" in rest or not rest:
        return
    try:
        args = parser.parse_args(rest)
    except SystemExit as end:
        raise AssertionError(f"python -m engine {' '.join(words)} is refused") from end
    for attack in attack_names(getattr(args, "attacks", ())):
        assert attack == "none" or attack_config(attack)
    if getattr(args, "dataset", None):
        dataset_spec(args.dataset)
    assert {*(getattr(args, "variant", None) or ())} <= VARIANTS.keys()


def check_module(module: str, words: list[str]) -> None:
    """The engine's own parser for the engine; other modules must add each option."""
    if module == "engine":
        return check_engine(words)
    if module in ("venv", "pip"):
        return None
    given = {word for word in words if word.startswith("--")}
    assert given <= options_of(module), f"python -m {module} has no {', '.join(given - options_of(module))}"
    return None


def check(command: str, known: dict[str, str]) -> None:
    """AssertionError unless the command parses."""
    for name, value in known.items():
        command = command.replace(f"'${name}'", value).replace(f"${name}", value)
    program, *words = [word for word in shlex.split(command) if word != "..."]
    program = program.removeprefix(".venv/bin/")
    if program == "make":
        assert {word for word in words if "=" not in word} <= make_targets(), f"no such target: {command}"
    elif program == "minmax":
        check_engine(words)
    elif program == "python" and words[0] == "-m":
        check_module(words[1], words[2:])
    elif program == "pytest":
        assert all((ROOT / word).exists() for word in words if not word.startswith("-")), command
    else:
        assert program in UNCHECKED, f"unknown program in {command!r}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_parse(path):
    document, wrong = Document(path), []
    for line, command in commands(document):
        try:
            check(command, variables(document))
        except (AssertionError, InputError) as error:
            wrong.append(f"line {line}: {command}: {error}")
    assert not wrong


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_blocks_compile(path):
    for block in Document(path).code_blocks():
        if block.language == "python":
            ast.parse(block.text, f"{path.name}, line {block.line}")


def test_every_engine_command_is_documented():
    assert engine_commands().keys() <= Document(ROOT / "docs" / "command-line.md").anchors


@pytest.mark.parametrize(
    "command",
    [
        "python -m engine launch --no-such-option",
        "python -m engine no-such-command",
        "python -m engine launch --epoch 10",
        "python -m engine export RUN_ID --force",
        "python -m engine evaluate RUN_ID --attacks no-such-attack",
        "python -m engine launch --dataset no-such-data",
        "python -m engine launch --variant no-such-variant",
        "python -m dashboard --no-such-option",
        "python -m tests.benchmarks.no_such_file",
        "python -m tests.benchmarks.training --no-such-option",
        "make no-such-target",
        "no-such-program",
        ".venv/bin/pytest tests/no-such-folder",
    ],
)
def test_wrong_commands_are_found(command):
    with pytest.raises((AssertionError, InputError)):
        check(command, {})
