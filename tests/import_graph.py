"""The imports of engine and dashboard, read from the source: module -> what it imports, and where."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("engine", "dashboard")


@dataclass(frozen=True)
class Import:
    """One imported module.

    target: the module, as precise as the source says: `from a import b` means a.b where that is a module.
    line: number of the line, from 1.
    in_function: it is executed when a function is called, not when the module is imported.
    for_types: it stands under `if TYPE_CHECKING` and is never executed.
    """

    target: str
    line: int
    in_function: bool = False
    for_types: bool = False


def module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def source_files(root: Path) -> dict[str, Path]:
    """Module -> file, of everything in engine and dashboard."""
    files = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return {module_name(path, root): path for path in files}


def read_graph(root: Path) -> dict[str, list[Import]]:
    """Module -> its imports."""
    files = source_files(root)
    return {name: list(_imports(ast.parse(path.read_text()), files)) for name, path in files.items()}


def _imports(
    node: ast.AST, modules: Collection[str], in_function: bool = False, for_types: bool = False
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, in_function, for_types)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0 and child.module, "relative imports are not used"
            for alias in child.names:
                precise = f"{child.module}.{alias.name}"
                target = precise if precise in modules else child.module
                yield Import(target, child.lineno, in_function, for_types)
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for statement in child.body:
                    yield from _imports(ast.Module([statement], []), modules, in_function, True)
                for statement in child.orelse:
                    yield from _imports(ast.Module([statement], []), modules, in_function, for_types)
            else:
                yield from _imports(child, modules, in_function or is_function, for_types)


def loaded_with(module: str, graph: Mapping[str, list[Import]]) -> set[str]:
    """All that is imported when `module` is: its own modules and libraries by their full names, packages included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        parts = name.split(".")
        waiting += [".".join(parts[:length]) for length in range(1, len(parts)) if parts[0] in PACKAGES]
        waiting += [one.target for one in graph.get(name, ()) if not (one.in_function or one.for_types)]
    return found
