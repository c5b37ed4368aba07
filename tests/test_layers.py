"""Imports go down: the picture in README's map, held by a test. Lazy imports count."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"engine.errors", "engine.seeds"},
    {"engine.validation", "engine.devices"},
    {"engine.minmax", "engine.data", "engine.models"},
    {"engine.attacks", "engine.training"},
    {"engine.robustness"},
    {"engine.diagnostics"},
    {"engine.runs"},
    {"engine.measurements", "engine.exchange"},
    {"engine.queue"},
    {"engine.studies"},
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
    "engine.exchange.tensor_file",
    "engine.models.architectures",
    "engine.runs.launch",
    "engine.runs.training_identity",
    "engine.studies.strength_grid",
    "engine.studies.study",
    "engine.studies.sweep",
    "engine.studies.sweep_files",
    "engine.studies.run_numbers",
    "engine.studies.pareto",
    "engine.queue.overview",
    "engine.queue.submission",
    "engine.exchange.freeze",
    "engine.studies.estimate",
    "engine.queue.client",
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
    "engine.measurements.evaluation.request",
    "engine.measurements.kinds",
    "engine.measurements.evaluation.survivors",
    "engine.measurements.diagnosis.read",
    "engine.diagnostics.checks",
    "engine.measurements.transfer.read",
    "engine.studies.comparison",
    "engine.robustness.statistics",
    "engine.measurements.images",
    "engine.measurements.curve.read",
    "engine.measurements.curve.request",
    "engine.exchange.loading_code",
    "engine.measurements.own_images",
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
    [("torchattacks", "engine.attacks.torchattacks_adapter"), ("torchvision", "engine.data.torchvision_import")],
)
def test_one_file_imports(library, owner):
    users = {name_of(path) for path in modules() if library in {target.split(".")[0] for target in imported(path)}}
    assert users == {owner}


def test_what_pages_read_does_not_import_torch():
    code = f"import sys, {', '.join(NO_TORCH)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
