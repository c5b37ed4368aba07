"""Loading the network of a run that has final weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from engine.models.architectures import build_model
from engine.runs.model_config import ModelConfig
from engine.runs.run_files import load_weights
from engine.runs.store import RunStore


def load_network(store: RunStore, run_id: str, device: str) -> nn.Module:
    """The trained network of a finished run.

    Raises:
        InputError: the run does not exist or has not finished, or its weights are damaged or do not fit.
    """
    return build_trained(store.config(run_id), load_weights(store.folder(run_id))).to(device)


def build_trained(config: ModelConfig, weights: dict[str, np.ndarray]) -> nn.Module:
    """The config's network with these weights."""
    spec = config.dataset_spec
    model = build_model(config.architecture, 0, spec.shape, len(spec.classes), spec.mean, spec.std)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return model
