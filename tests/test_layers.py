"""Imports go down: the picture in README's map, held by a test. Lazy imports count."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"engine.errors", "engine.seeds"},
    {"engine.validation"},
    {"engine.minmax", "engine.data", "engine.models"},
    {"engine.training", "engine.robustness"},
    {"engine.diagnostics"},
    {"engine.runs"},
    {"engine.paper"},
    {"engine.command_line", "dashboard"},
    {"engine.__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FORBIDDEN_IN_ENGINE = {"streamlit", "plotly", "pandas", "dashboard"}
NO_TORCH = [
    "engine.runs.store",
    "engine.runs.run_files",
    "engine.runs.config",
    "engine.runs.model_config",
    "engine.runs.tensor_file",
    "engine.models.architectures",
    "engine.runs.launch",
    "engine.runs.recipe",
    "engine.runs.plane",
    "engine.runs.study",
    "engine.runs.sweep",
    "engine.runs.sweep_files",
    "engine.runs.figures",
    "engine.runs.pareto",
    "engine.runs.overview",
    "engine.runs.submission",
    "engine.runs.freezing",
    "engine.runs.estimate",
    "engine.runs.worker",
    "engine.robustness.report",
    "engine.robustness.transfer",
    "engine.robustness.curve",
    "engine.training.snapshot",
    "engine.minmax.fuzziness",
    "engine.minmax.threshold",
    "engine.minmax.theorem",
    "engine.paper.evidence",
    "engine.paper.claims",
    "engine.paper.distance",
    "engine.minmax.gradients",
    "engine.minmax.flow",
    "engine.runs.evaluation_request",
    "engine.runs.measurements",
    "engine.runs.verdicts",
    "engine.runs.findings",
    "engine.diagnostics.checks",
    "engine.runs.transfer_files",
    "engine.runs.comparison",
    "engine.robustness.statistics",
    "engine.runs.subject",
    "engine.runs.curve_files",
    "engine.runs.curve_request",
    "engine.runs.loading_code",
    "engine.runs.own_images",
    "engine.data.catalog",
    "engine.data.fitting",
    "engine.data.sources",
    "engine.__main__",
]


def modules() -> list[Path]:
    return sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("dashboard/**/*.py")])


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def package_of(module: str) -> str | None:
    parts = module.split(".")
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in FLOOR), None)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down(path):
    own = package_of(name_of(path))
    if path.name == "__init__.py":
        assert not path.read_text().strip(), "package files stay empty"
        return
    assert own is not None, f"{path} stands on no floor"
    for target in imported(path):
        other = package_of(target)
        if other is None or other == own:
            continue
        assert FLOOR[other] < FLOOR[own], f"{name_of(path)} imports {target}, which is not below it"


@pytest.mark.parametrize("path", [path for path in modules() if "engine" in path.parts], ids=name_of)
def test_engine_knows_no_user_interface(path):
    assert not {target.split(".")[0] for target in imported(path)} & FORBIDDEN_IN_ENGINE


@pytest.mark.parametrize(
    ("library", "owner"),
    [("torchattacks", "engine.robustness.torchattacks_adapter"), ("torchvision", "engine.data.torchvision_import")],
)
def test_one_file_imports(library, owner):
    users = {name_of(path) for path in modules() if library in {target.split(".")[0] for target in imported(path)}}
    assert users == {owner}


def test_what_pages_read_does_not_import_torch():
    code = f"import sys, {', '.join(NO_TORCH)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
