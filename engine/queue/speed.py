"""Training speeds of this machine: their keys in the queue, and the ones not measured yet. No torch."""

from engine.data.catalog import DATASETS
from engine.models.architectures import ARCHITECTURES
from engine.runs.model_config import ModelConfig


def rate_key(device: str, network: ModelConfig) -> str:
    """Key of a measured rate: device, architecture and shape of the images."""
    return f"{device}:{network.architecture}:{'x'.join(map(str, network.dataset_spec.shape))}"


def unmeasured(device: str, rates: dict[str, float]) -> list[ModelConfig]:
    """Networks whose rate is unknown, one for each architecture and image shape; LeNet first."""
    networks = {
        rate_key(device, network): network
        for architecture, spec in ARCHITECTURES.items()
        for dataset, images in DATASETS.items()
        if spec.fits(images.shape)
        for network in [ModelConfig(dataset=dataset, architecture=architecture)]
    }
    return [network for key, network in networks.items() if key not in rates]
