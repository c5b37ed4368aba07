"""AttackedImages: test images, or a user's image. No torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from engine.errors import InputError
from engine.measurements.own_images import load_own_image
from engine.measurements.request import Measurement
from engine.runs.model_config import ModelConfig
from engine.runs.store import RunStore


@dataclass(frozen=True, eq=False)
class AttackedImages:
    """Images (n, C, H, W) uint8, labels (n,), and sample_ids (n,) into the test set; None for a user's image."""

    images: np.ndarray
    labels: np.ndarray
    sample_ids: np.ndarray | None

    @property
    def report_ids(self) -> list[int]:
        """Ids of the images in a report: sample ids; 0 for a user's image."""
        return [0] * len(self.labels) if self.sample_ids is None else self.sample_ids.tolist()


def chosen_test_images(config: ModelConfig, request: Measurement, data_dir: Path) -> AttackedImages:
    """The test images of a measurement, from the run's data set."""
    dataset = load_dataset(config.dataset, data_dir)
    ids = stratified_ids(dataset.test_labels, request.samples)
    return AttackedImages(dataset.test_images[ids], dataset.test_labels[ids], ids)


def own_image(store: RunStore, config: ModelConfig, image_id: str) -> AttackedImages:
    """A user's image; InputError if it was made for another data set."""
    own = load_own_image(store, image_id)
    if own.dataset != config.dataset:
        remedy = "Upload or draw the image again for this run."
        raise InputError(f"an image made for {config.dataset}", f"one for {own.dataset}", remedy)
    return AttackedImages(own.image[None], np.array([own.label], np.int64), None)
