"""Programs print to any terminal, and end quietly when their reader leaves."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from engine.__main__ import COMMANDS, main
from engine.terminal import CLOSED_PIPE, control_characters_escaped, run_in_terminal

ROOT = Path(__file__).parents[1]
NAMES = [command.__name__.rpartition(".")[2].replace("import_weights", "import") for command in COMMANDS]
POOR = {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "LC_ALL": "C"}


def printed_by(words: list[str], encoding: str) -> tuple[int | str | None, str, str]:
    """Exit code, standard output and standard error of a command in a terminal that lacks λ, ε and κ."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        try:
            code = main(words)
        except SystemExit as ended:
            code = ended.code
    for stream in streams:
        stream.flush()
    return code, *(stream.buffer.getvalue().decode("latin-1") for stream in streams)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in NAMES)], ids=" ".join)
def test_the_help_of_every_command_can_be_printed(words, encoding):
    code, output, errors = printed_by(words, encoding)
    assert code == 0 and errors == "" and "usage: python -m engine" in output


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_error_can_be_printed(encoding, tmp_path):
    words = ["launch", "--variant", "min-max", "--l1", "0", "--store", str(tmp_path), "--data", str(tmp_path)]
    code, _, errors = printed_by(words, encoding)
    assert code == 2 and r"\u03bb" in errors


def start(words: list[str], **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, env=os.environ | environment)


@pytest.mark.parametrize(
    "words", [["engine", "runs"], ["dashboard", "--help"], ["dashboard", "--port", "0"]], ids=" ".join
)
def test_programs_run_in_a_poor_terminal(words):
    program = start(words, **POOR)
    output, errors = program.communicate(timeout=120)
    assert program.returncode == (2 if "0" in words else 0)
    assert output + errors and b"Traceback" not in errors and b"UnicodeEncodeError" not in errors


@pytest.mark.parametrize(
    ("words", "codes"),
    [(["engine", "runs"], {CLOSED_PIPE}), (["engine", "launch", "--help"], {0, CLOSED_PIPE})],  # argparse ignores it
)
def test_a_reader_that_leaves_is_no_error(words, codes):
    program = start(words)
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait(120) in codes


def test_other_errors_stay():
    with pytest.raises(KeyError):
        run_in_terminal(lambda: {}["absent"])
    assert run_in_terminal(lambda: 7) == 7


def test_names_of_others_do_not_command_the_terminal(tmp_path, capsys):
    """A folder name that would clear the screen, write over its line, and turn the direction of text."""
    hostile = tmp_path / "runs\x1b[2J\rx\u202e"
    hostile.mkdir()
    (hostile / "queue.sqlite").write_bytes(b"no queue")
    for words in (["runs"], ["runs", "absent"]):
        main([*words, "--store", str(hostile), "--data", str(tmp_path)])
        told = capsys.readouterr()
        assert "\x1b" not in told.out + told.err and "\u202e" not in told.out + told.err and "\r" not in told.out
        assert r"\x1b[2J" in told.out + told.err, words


def test_a_progress_bar_begins_its_line_again(capsys):
    with control_characters_escaped():
        print("\r50 %", file=sys.stderr)
        print("a\tb\rc λ")
    assert capsys.readouterr() == ("a\tb\\rc λ\n", "\r50 %\n")
