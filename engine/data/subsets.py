"""Fixed subsets of a test set, so that every run is judged on the same images."""

import numpy as np

from engine.seeds import derive_seed


def stratified_ids(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` samples, classes in equal shares as far as they reach; the same ones every time.

    Subsets nest: the first n of a larger subset are the subset of n. All indices when `count` exceeds them.
    """
    shuffled = np.random.default_rng(derive_seed("subset", len(labels))).permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.searchsorted(labels[order], labels[order])
    rank_within_class = np.arange(len(order)) - starts
    return order[np.argsort(rank_within_class, kind="stable")][:count]
