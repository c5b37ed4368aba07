"""Fixed subsets of a test set, so that all runs are evaluated on the same images."""

import numpy as np

from engine.seeds import derive_seed


def stratified_ids(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` samples, balanced over classes as far as possible; equal arguments give equal indices.

    Subsets nest: the first n indices of a larger subset are the subset of n. If `count` exceeds the number of samples,
    all indices are returned.
    """
    shuffled = np.random.default_rng(derive_seed("subset", len(labels))).permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.searchsorted(labels[order], labels[order])
    rank_within_class = np.arange(len(order)) - starts
    return order[np.argsort(rank_within_class, kind="stable")][:count]
