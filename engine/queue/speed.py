"""Speeds of this machine: which are known by which key, and which are still to be measured. No torch."""

from engine.data.catalog import DATASETS
from engine.models.architectures import ARCHITECTURES
from engine.runs.model_config import ModelConfig


def rate_key(device: str, network: ModelConfig) -> str:
    """What a measured rate belongs to."""
    return f"{device}:{network.architecture}:{'x'.join(map(str, network.dataset_spec.shape))}"


def unmeasured(device: str, rates: dict[str, float]) -> list[ModelConfig]:
    """Networks whose rate is not known yet, one for every architecture and shape of image; LeNet first."""
    networks = {
        rate_key(device, network): network
        for architecture, spec in ARCHITECTURES.items()
        for dataset, images in DATASETS.items()
        if spec.fits(images.shape)
        for network in [ModelConfig(dataset=dataset, architecture=architecture)]
    }
    return [network for key, network in networks.items() if key not in rates]
