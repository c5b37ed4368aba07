"""AttackedImages: test images, or a user's image. No torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.catalog import Contents
from engine.data.identity import Relation, contents_identity, read_contents
from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from engine.errors import InputError
from engine.measurements.own_images import load_own_image
from engine.measurements.request import Measurement
from engine.runs.model_config import ModelConfig
from engine.runs.run_data import data_relation
from engine.runs.store import RunStore


class OtherData(InputError):
    """The data at hand are not those that a run was trained on."""


@dataclass(frozen=True, eq=False)
class AttackedImages:
    """Images (n, C, H, W) uint8, labels (n,), and sample_ids (n,) into the test set; None for a user's image.

    test_data, test_data_is: as in a `RobustnessReport`.
    """

    images: np.ndarray
    labels: np.ndarray
    sample_ids: np.ndarray | None
    test_data: str | None = None
    test_data_is: Relation | None = None

    @property
    def report_ids(self) -> list[int]:
        """Ids of the images in a report: sample ids; 0 for a user's image."""
        return [0] * len(self.labels) if self.sample_ids is None else self.sample_ids.tolist()


def chosen_test_images(store: RunStore, run_id: str, request: Measurement, data_dir: Path) -> AttackedImages:
    """The test images of a measurement, from the run's data set.

    Raises:
        InputError: the data cannot be read, are not those of the request, or are not those that the run was trained on
            although the request does not allow others.
    """
    dataset = load_dataset(store.config(run_id).dataset, data_dir)
    found = contents_identity(dataset.spec, dataset.contents)
    if found != request.data:
        raise InputError(
            f"the test images that were there when this was asked for ({request.data or 'the listed ones'})",
            f"others ({found or 'the listed ones'})",
            "Restore the data file, or ask again.",
        )
    relation = checked_relation(store, run_id, request, dataset.contents)
    ids = stratified_ids(dataset.test_labels, request.samples)
    return AttackedImages(dataset.test_images[ids], dataset.test_labels[ids], ids, dataset.test_digest, relation)


def checked_relation(store: RunStore, run_id: str, request: Measurement, found: Contents) -> Relation:
    """Whether the data belong to a run; OtherData if they do not although the request does not allow others.

    The data must belong to the other runs that are measured, too.
    """
    relations = {}
    for name in request.measured(run_id):
        relations[name] = data_relation(store.folder(name), store.config(name), found)
        if relations[name] == "other" and not request.allows_other_data:
            remedy = "Restore the data file that the run was trained on."
            if request.kind == "evaluate":
                remedy += " Or pass --other-data: the evaluation then has a report of its own, which states it."
            got = f"other images ({found.train} for training, {found.test} for tests)"
            raise OtherData(f"the images that {name} was trained on", got, remedy)
    return relations[run_id]


def check_test_data_at_hand(store: RunStore, run_id: str, request: Measurement, data_dir: Path) -> None:
    """Check a measurement before it is queued, as `checked_relation`; without a file, its job checks the download."""
    found = read_contents(store.config(run_id).dataset, data_dir)
    if found is not None:
        checked_relation(store, run_id, request, found)


def own_image(store: RunStore, config: ModelConfig, image_id: str) -> AttackedImages:
    """A user's image; InputError if it was made for another data set."""
    own = load_own_image(store, image_id)
    if own.dataset != config.dataset:
        remedy = "Upload or draw the image again for this run."
        raise InputError(f"an image made for {config.dataset}", f"one for {own.dataset}", remedy)
    return AttackedImages(own.image[None], np.array([own.label], np.int64), None)
