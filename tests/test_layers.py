"""Imports go down: the floors of docs/architecture.md, held by a test. Imports inside functions count."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.import_graph import Import, loaded_with, read_graph, source_files

ROOT = Path(__file__).parents[1]
PAGES = [script.parent.name for script in ROOT.glob("dashboard/*/page.py")]
FLOORS = [
    {
        "engine.errors",
        "engine.checksum",
        "engine.kept",
        "engine.file_state",
        "engine.seeds",
        "engine.atomic",
        "engine.formatting",
    }
    | {"engine.system", "engine.terminal"},
    {"engine.validation", "engine.devices", "engine.documents"},
    {"engine.array_files", "engine.tensor_files"},
    {"engine.minmax", "engine.data", "engine.models"},
    {"engine.attacks", "engine.training"},
    {"engine.robustness"},
    {"engine.diagnostics"},
    {"engine.runs"},
    {"engine.measurements", "engine.exchange"},
    {"engine.queue"},
    {"engine.studies"},
    {"engine.paper"},
    {"engine.interface"},
    {"engine.command_line", "dashboard.settings", "dashboard.memory", "dashboard.glossary", "dashboard.server"},
    {"engine.__main__", "dashboard.sources"},
    {"dashboard.measured"},
    {"dashboard.frames"},
    {"dashboard.figures"},
    {"dashboard.ui"},
    {"dashboard.navigation"},
    {"dashboard.selection", "dashboard.guide"},
    {"dashboard.jobs"},
    {f"dashboard.{page}" for page in PAGES},
    {"dashboard.app", "dashboard.__main__"},
]
"""From the ground up. Packages on one floor do not import each other."""

FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
TORCH = {"torch", "torchvision", "torchattacks"}
USER_INTERFACES = {"streamlit", "plotly", "pandas", "dashboard"}
GRAPH, FILES = read_graph(ROOT), source_files(ROOT)
MODULES = [name for name in GRAPH if FILES[name].name != "__init__.py"]


def package_of(module: str) -> str | None:
    """The part of the program that a module belongs to; None for libraries."""
    name = ".".join(module.split(".")[:2])
    return name if name in FLOOR else None


def first_part(one: Import) -> str:
    return one.target.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    own = package_of(module)
    assert own is not None, f"{module} stands on no floor"
    for one in GRAPH[module]:
        other = package_of(one.target)
        if other not in (None, own):
            assert FLOOR[other] < FLOOR[own], f"{module}, line {one.line}: {one.target} is not on a lower floor"


def test_no_module_imports_itself_in_a_circle():
    """Neither when it is loaded, nor by way of functions or types."""
    edges = {name: {one.target for one in imports if one.target in GRAPH} - {name} for name, imports in GRAPH.items()}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", MODULES)
def test_an_import_inside_a_function_says_why(module):
    lines = FILES[module].read_text().splitlines()
    for one in GRAPH[module]:
        if one.in_function and not one.for_types:
            own, above = lines[one.line - 1], lines[one.line - 2].strip()
            assert "#" in own or above.startswith("#"), f"{module}, line {one.line}: no reason for an import down there"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("engine")])
def test_engine_knows_no_user_interface(module):
    assert not {first_part(one) for one in GRAPH[module]} & USER_INTERFACES


@pytest.mark.parametrize(
    ("library", "owner"),
    [("torchattacks", "engine.attacks.torchattacks_adapter"), ("torchvision", "engine.data.torchvision_import")],
)
def test_one_file_imports(library, owner):
    assert {name for name in MODULES if library in map(first_part, GRAPH[name])} == {owner}


def without_torch() -> list[str]:
    """Modules of the engine that pages, commands and `import engine` load, so that they must not load torch."""
    entries = [name for name in GRAPH if name.startswith(("dashboard", "engine.command_line", "engine.interface"))]
    loaded = set().union(*(loaded_with(name, GRAPH) for name in [*entries, "engine", "engine.__main__"]))
    return sorted(name for name in loaded if name.split(".")[0] == "engine")


@pytest.mark.parametrize("module", without_torch())
def test_what_pages_and_commands_load_does_not_load_torch(module):
    assert not {name.split(".")[0] for name in loaded_with(module, GRAPH)} & TORCH


def test_the_import_graph_tells_the_truth_about_torch():
    """Both ways: what it says is free of torch is, and a module that it says loads torch does."""

    def loads_torch(*modules: str) -> bool:
        code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 1

    assert not loads_torch(*without_torch())
    assert "torch" in loaded_with("engine.robustness.probe", GRAPH) and loads_torch("engine.robustness.probe")


@pytest.mark.parametrize("package", [name for name in GRAPH if FILES[name].name == "__init__.py"])
def test_package_files_are_empty(package):
    """The one of engine is the door for Python: a check of the system, a table of names, and what looks them up."""
    tree = ast.parse(FILES[package].read_text())
    if package != "engine":
        assert not tree.body, f"{package} has content"
        return
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions <= {"__getattr__", "__dir__"}
    needed = [one for one in GRAPH["engine"] if not (one.for_types or one.in_function)]
    assert {first_part(one) for one in needed if one.target != "engine.system"} <= {"__future__", "importlib", "typing"}
