"""Subsets of a test set: stratified, nested, and reproducible."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids

FIRST_EIGHT = [13, 194, 252, 366, 482, 543, 698, 730]
LABELS = hnp.arrays(np.int64, st.integers(1, 200), elements=st.integers(0, 9))


@given(LABELS, st.integers(0, 250), st.integers(0, 250))
def test_subsets_nest(labels, first, second):
    few, many = sorted((first, second))
    np.testing.assert_array_equal(stratified_ids(labels, few), stratified_ids(labels, many)[:few])


@given(LABELS, st.integers(0, 250))
def test_each_sample_at_most_once(labels, count):
    ids = stratified_ids(labels, count)
    assert len(ids) == min(count, len(labels)) == len(set(ids.tolist()))
    assert ((ids >= 0) & (ids < len(labels))).all()


@given(LABELS, st.integers(1, 250))
def test_shares_are_equal_as_far_as_classes_reach(labels, count):
    available = np.bincount(labels, minlength=10)
    chosen = np.bincount(labels[stratified_ids(labels, count)], minlength=10)
    unfinished = chosen < available
    if unfinished.any():
        assert chosen.max() - chosen[unfinished].min() <= 1


def test_the_shipped_test_set(tmp_path):
    labels = load_dataset("mnist-mini", tmp_path).test_labels
    assert np.bincount(labels[stratified_ids(labels, 500)]).tolist() == [50] * 10
    assert sorted(stratified_ids(labels, 5_000).tolist()) == list(range(1_000))
    np.testing.assert_array_equal(stratified_ids(labels, 8), stratified_ids(labels.copy(), 8))
    assert stratified_ids(labels, 8).tolist() == FIRST_EIGHT, "recorded evaluations refer to these images"


def test_the_choice_is_not_the_first_of_each_class():
    labels = np.repeat(np.arange(10), 50)
    assert stratified_ids(labels, 10).tolist() != np.arange(0, 500, 50).tolist()
