"""A data folder that is small enough to train on in a second."""

from pathlib import Path

import numpy as np

from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from tests.listed import FEW_IMAGES


def write_few_images(folder: Path) -> None:
    """Write mnist-mini with 250 training and 100 test images into a folder."""
    whole = load_dataset("mnist-mini", folder)
    train, test = stratified_ids(whole.train_labels, 250), stratified_ids(whole.test_labels, 100)
    np.savez(
        folder / "mnist-mini.npz",
        x_train=whole.train_images[train, 0],
        y_train=whole.train_labels[train],
        x_test=whole.test_images[test, 0],
        y_test=whole.test_labels[test],
    )
    assert load_dataset("mnist-mini", folder).contents == FEW_IMAGES
