"""`python -m dashboard` before it serves, and what no page may do."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "dashboard").rglob("*.py"))
STYLES = ("app_style", "chips_style")


def start(*words):
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def assert_refused(done, word):
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_in_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert_refused(start("--port", str(taken.getsockname()[1]), "--store", str(tmp_path / "s")), "free port")
    assert not (tmp_path / "s").exists(), "nothing was begun"


@pytest.mark.parametrize("words", [("--port", "0"), ("--port", "70000")])
def test_a_port_that_is_none(words):
    assert_refused(start(*words), "1 to 65535")


def test_other_machines_are_let_in_only_on_request(tmp_path):
    assert_refused(start("--address", "0.0.0.0", "--store", str(tmp_path)), "--allow-remote")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_page_writes_html_of_its_own(path):
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "html":
            assert all(is_own_style(argument) for argument in node.args), "only CSS of ours"


def is_own_style(node):
    """Whether an argument of st.html is a constant, or CSS of a function that takes no foreign text."""
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and ast.unparse(node.func) in STYLES)


@pytest.mark.parametrize("path", [path for path in PAGES if path.name == "page.py"], ids=lambda path: path.parent.name)
def test_a_script_has_no_text_that_streamlit_would_draw_by_itself(path):
    _, *statements = ast.parse(path.read_text()).body
    assert not [one.lineno for one in statements if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)]


def test_only_cached_reads_cache():
    users = {path.stem for path in PAGES if "st.cache_" in path.read_text()}
    assert users == {"sources"}
