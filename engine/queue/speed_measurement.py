"""Measurement of the speed at which this machine trains a network."""

import time

import torch
import torch.nn.functional as F

from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.runs.model_config import ModelConfig
from engine.training.state import build_optimizer


def measure_rate(network: ModelConfig, device: str, batch_size: int = 64, steps: int = 8) -> float:
    """Images per second through forward, backward and the optimizer; takes a tenth of a second for LeNet."""
    spec = network.dataset_spec
    model = build_model(network.architecture, 0, spec.shape, len(spec.classes), spec.mean, spec.std)
    stack = Stack.of([model]).to(device)
    optimizer = build_optimizer("adam", stack, 1e-3)
    images = torch.zeros(batch_size, *spec.shape, device=device)
    labels = torch.zeros(batch_size, dtype=torch.int64, device=device)
    started = 0.0
    for step in range(steps + 2):
        if step == 2:  # the first steps allocate
            started = time.perf_counter()
        F.cross_entropy(stack(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad()
    if device == "cuda":
        torch.cuda.synchronize()
    return steps * batch_size / (time.perf_counter() - started)
