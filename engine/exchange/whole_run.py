"""Check of whether an imported or frozen run is complete. No torch."""

from engine.errors import InputError
from engine.robustness.cache import weights_digest
from engine.runs.model_config import ImportedConfig
from engine.runs.run_files import load_weights
from engine.runs.store import RunStore


def is_whole(store: RunStore, run_id: str) -> bool:
    """Whether an imported or frozen run has a config, the weights whose digest is in the config, and a result."""
    try:
        config = store.config(run_id)
        weights, result = load_weights(store.folder(run_id)), store.result(run_id)
    except InputError:
        return False
    is_own = isinstance(config, ImportedConfig) and (config.run_id, config.weights) == (run_id, weights_digest(weights))
    return is_own and result is not None
