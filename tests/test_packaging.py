"""The package that `pip install -e .` makes, as far as its description says: nothing is installed here."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import engine.__main__

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_minmax_is_the_command_line():
    module, _, name = PYPROJECT["project"]["scripts"]["minmax"].partition(":")
    assert getattr(import_module(module), name) is engine.__main__.main


def test_console_script_and_module_agree():
    script = "import sys; from engine.__main__ import main; sys.exit(main())"
    first, second = (
        subprocess.run([sys.executable, *start, "runs", "no-such-run"], cwd=ROOT, capture_output=True, text=True)
        for start in (["-c", script], ["-m", "engine"])
    )
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)
    assert first.returncode == 2


def test_every_folder_with_code_is_a_package():
    patterns = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert patterns == ["engine*", "dashboard*"]
    folders = {path.parent for top in ("engine", "dashboard") for path in (ROOT / top).rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_all_other_files_are_package_data():
    data = PYPROJECT["tool"]["setuptools"]["package-data"]
    listed = {
        path
        for package, patterns in data.items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    tracked = subprocess.run(["git", "ls-files", "engine", "dashboard"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in tracked.stdout.split() if not name.endswith(".py") and "/pictures/" not in name]
    assert {str(path.relative_to(ROOT)) for path in listed} == set(names)


def test_requirements_are_the_dependencies():
    assert PYPROJECT["project"]["dynamic"] == ["dependencies"]
    file = ROOT / PYPROJECT["tool"]["setuptools"]["dynamic"]["dependencies"]["file"][0]
    assert file == ROOT / "requirements.txt"
    lines = [line.partition("  #")[0] for line in file.read_text().splitlines()]
    assert all(re.fullmatch(r"[a-z]+[<>=]=?[\d.]+(,<[\d.]+)?", line) for line in lines), "one plain requirement a line"


def test_version_and_license_agree():
    project, citation = PYPROJECT["project"], (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\nlicense: {project['license']}\n" in citation
    assert (ROOT / "LICENSE").read_text().startswith(f"{project['license']} License")
    assert f"## {project['version']}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_docker_copies_what_exists():
    lines = [line.split() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    sources = [word for words in lines for word in words[1:-1] if not word.startswith("--")]
    assert {"requirements.txt", "engine", "dashboard", "checkpoints/shipped"} <= set(sources)
    assert not [name for name in sources if not (ROOT / name).exists()]


def docker_words() -> list[list[str]]:
    """Instructions of the Dockerfile, each as its words, with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_recorded_runs_lie_outside_the_volumes_of_the_image(tmp_path):
    """The layout of the image in a folder, with an empty volume where it is mounted."""
    words = docker_words()
    place = {line[1]: line[2] for line in words if line[0] == "COPY"}["checkpoints/shipped"]
    volumes = json.loads("".join(next(line[1:] for line in words if line[0] == "VOLUME")))
    assert not [volume for volume in volumes if place.startswith(volume)]
    assert ["ENV", f"MINMAX_SHIPPED={place}"] in words
    shutil.copytree(ROOT / "engine", tmp_path / "lab" / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "lab" / "checkpoints").mkdir()
    shutil.copytree(ROOT / "checkpoints" / "shipped", tmp_path / "shipped")
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    listed = subprocess.run(
        [sys.executable, "-m", "engine", "runs", "--json"],
        cwd=tmp_path / "lab",
        env=bare | {"MINMAX_SHIPPED": str(tmp_path / "shipped")},
        capture_output=True,
        check=True,
    )
    assert {run["run_id"] for run in json.loads(listed.stdout)["runs"]} == set(
        os.listdir(ROOT / "checkpoints" / "shipped")
    )


def test_docker_can_take_torch_from_another_index():
    words = docker_words()
    assert ["ARG", 'TORCH_INDEX=""'] in words
    install = " ".join(next(line for line in words if "torch.txt" in line))
    assert '${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.txt' in install
    pinned = re.findall(r"^torch(?:vision)?==.*$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pinned) == 2
    assert not re.search(r"https?://(?!127\.0\.0\.1)", (ROOT / "Dockerfile").read_text())
