"""Train, attack and compare LeNets with the Min-Max property, from Python; docs/python.md describes the interface.

Names are imported when they are first used, so that `import engine` is fast and imports no torch.
"""

from typing import TYPE_CHECKING

from engine.system import require_file_locks

if TYPE_CHECKING:
    from engine.errors import InputError as InputError
    from engine.interface.evaluate import evaluate as evaluate
    from engine.interface.run import Run as Run
    from engine.interface.runs import list_runs as list_runs
    from engine.interface.runs import load_run as load_run
    from engine.interface.train import train as train
    from engine.minmax.fuzziness import fuzziness as fuzziness

_MODULES = {
    "InputError": "engine.errors",
    "Run": "engine.interface.run",
    "evaluate": "engine.interface.evaluate",
    "fuzziness": "engine.minmax.fuzziness",
    "list_runs": "engine.interface.runs",
    "load_run": "engine.interface.runs",
    "train": "engine.interface.train",
}


require_file_locks()


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # needed only once a name is used

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
