"""What a run costs, counted in images through forward and backward, and what that is in seconds here."""

import time
from collections.abc import Mapping, Sequence

from engine.data.catalog import DATASETS
from engine.models.architectures import ARCHITECTURES
from engine.robustness.protocol import attack_config
from engine.runs.config import RunConfig
from engine.runs.evaluation_request import EvaluationRequest
from engine.runs.model_config import ModelConfig
from engine.training.schedule import MONITORED, snapshot_total

FORWARD_SHARE = 0.6
"""Of a training pass, for the 1,000 images of a snapshot at once: measured on a CPU, where large batches are slow."""


def training_passes(config: RunConfig) -> int:
    """Images through forward and backward for the training alone."""
    return config.training.epochs * config.dataset_spec.train_size * config.training_updates


def probe_passes(config: RunConfig) -> int:
    """The same for the robustness probe: every `probe_interval` snapshots, the first one and the last."""
    if not config.probe.samples:
        return 0
    last = snapshot_total(config.training, config.dataset_spec.train_size) - 1
    return (1 + -(-last // config.probe_interval)) * config.probe_passes


def total_passes(config: RunConfig) -> float:
    """Training, probe and the clean accuracy of every snapshot."""
    snapshots = snapshot_total(config.training, config.dataset_spec.train_size)
    return training_passes(config) + probe_passes(config) + snapshots * MONITORED * FORWARD_SHARE


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


def evaluation_passes(request: EvaluationRequest) -> int:
    """The same for attacking one run, at most: what is misclassified anyway is spared."""
    return request.samples * sum(attack_config(name).forwards for name in request.attacks)


def estimated_seconds(
    configs: Sequence[RunConfig], rates: Mapping[str, float], slots: int, device: str
) -> float | None:
    """Time to train `configs` with `slots` processes side by side; None while no rate has been measured."""
    return schedule_seconds([(config, total_passes(config)) for config in configs], rates, slots, device)


def schedule_seconds(
    work: Sequence[tuple[ModelConfig, float]], rates: Mapping[str, float], slots: int, device: str
) -> float | None:
    """Time for passes through networks, each on one of `slots` processes; None while a rate has not been measured."""
    if any(rate_key(device, network) not in rates for network, _ in work):
        return None
    seconds = [passes / rates[rate_key(device, network)] for network, passes in work]
    return max(max(seconds), sum(seconds) / slots) if seconds else 0.0


def measure_rate(network: ModelConfig, device: str, batch_size: int = 64, steps: int = 8) -> float:
    """Images per second through forward, backward and the optimizer; takes a tenth of a second for LeNet."""
    import torch
    import torch.nn.functional as F

    from engine.models.architectures import build_model
    from engine.models.stack import Stack
    from engine.training.state import build_optimizer

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
