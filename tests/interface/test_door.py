"""`import engine`: fast, complete for tools, and not changed by importing subpackages."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parents[2]
PUBLIC = ["InputError", "Run", "evaluate", "fuzziness", "list_runs", "load_run", "train"]


def python(code: str, *words: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code, *words], cwd=ROOT, check=True)


def test_dir_lists_the_public_names():
    assert dir(engine) == PUBLIC
    assert all(getattr(engine, name).__doc__ for name in PUBLIC)


def test_type_checkers_see_the_same_names_from_the_same_modules():
    tree = ast.parse(inspect.getsource(engine))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    stubs = {alias.asname: node.module for node in block.body for alias in node.names}
    assert stubs == engine._MODULES and sorted(stubs) == PUBLIC


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        engine.trian  # noqa: B018
    assert not hasattr(engine, "__wrapped__")


def test_no_public_name_is_a_module_of_the_package():
    assert not set(PUBLIC) & {module.name for module in pkgutil.iter_modules(engine.__path__)}


def test_importing_it_imports_neither_torch_nor_numpy():
    python("import engine, sys; assert not {'torch', 'numpy', 'pydantic', 'tqdm'} & set(sys.modules)")


def test_looking_at_runs_imports_no_torch():
    python(
        "import engine, sys; [getattr(engine, name) for name in dir(engine)]\n"
        "run = engine.list_runs(dataset='mnist')[0]; run.history, run.weights(), run.reports, repr(run)\n"
        "assert 'torch' not in sys.modules"
    )


USE = """
import engine, importlib, pkgutil, sys

def use(seed):
    run = engine.train(epochs=1, batch_size=250, probe_samples=0, seed=seed, store=sys.argv[1], data=sys.argv[2],
                       progress=False)
    assert engine.load_run(run.run_id, store=sys.argv[1], data=sys.argv[2]) == run and isinstance(run, engine.Run)
    assert run in engine.list_runs(store=sys.argv[1], data=sys.argv[2])
    assert engine.evaluate(run, ["fgsm"], samples=10, progress=False).n == 10
    assert engine.fuzziness([1.0, -1.0]) > 0.69
    try:
        engine.train(variant="none")
    except engine.InputError:
        return
    raise AssertionError

use(0)
before = {name: getattr(engine, name) for name in dir(engine)}
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    importlib.import_module(module.name)
assert "engine.command_line.launch" in sys.modules
assert before == {name: getattr(engine, name) for name in dir(engine)}
use(1)
"""


@pytest.mark.slow
def test_every_name_works_before_and_after_all_modules_are_imported(tmp_path, few_images):
    python(USE, str(tmp_path), str(few_images))
