"""The two runs of `trained_store`."""

from engine.runs.store import RunStore


def std_and_minmax(store: RunStore) -> tuple[str, str]:
    """Ids of the Std and the Min-Max run."""
    std, minmax = sorted(store.run_ids(), key=lambda run_id: "min-max" in run_id)
    return std, minmax
