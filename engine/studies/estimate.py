"""Cost of runs: number of images through forward and backward, and the time that they take on this machine."""

from collections.abc import Mapping, Sequence

from engine.attacks.attack_config import FORWARD_SHARE
from engine.attacks.catalog import attack_config
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.speed import rate_key
from engine.runs.config import RunConfig
from engine.runs.model_config import ModelConfig
from engine.training.schedule import MONITORED, snapshot_total


def training_passes(config: RunConfig) -> int:
    """Number of images through forward and backward in training, without probes."""
    return config.training.epochs * config.dataset_spec.train_size * config.passes_per_image


def probe_passes(config: RunConfig) -> int:
    """Number of images through forward and backward in probes: every `probe_interval` snapshots, and the last one."""
    if not config.probe.samples:
        return 0
    last = snapshot_total(config.training, config.dataset_spec.train_size) - 1
    return (1 + -(-last // config.probe_interval)) * config.probe_passes


def total_passes(config: RunConfig) -> float:
    """Number of images through forward and backward in training, probes and the clean accuracy of every snapshot."""
    snapshots = snapshot_total(config.training, config.dataset_spec.train_size)
    return training_passes(config) + probe_passes(config) + snapshots * MONITORED * FORWARD_SHARE


def evaluation_passes(request: EvaluationRequest) -> float:
    """Largest cost of attacking one run, in images through forward and backward; misclassified images cost nothing."""
    return request.samples * sum(attack_config(name).cost for name in request.attacks)


def estimated_seconds(
    configs: Sequence[RunConfig], rates: Mapping[str, float], slots: int, device: str
) -> float | None:
    """Seconds to train `configs` with `slots` parallel processes; None if a rate has not been measured yet."""
    return schedule_seconds([(config, total_passes(config)) for config in configs], rates, slots, device)


def schedule_seconds(
    work: Sequence[tuple[ModelConfig, float]], rates: Mapping[str, float], slots: int, device: str
) -> float | None:
    """Seconds for passes through networks on `slots` parallel processes; None if a rate has not been measured yet."""
    if any(rate_key(device, network) not in rates for network, _ in work):
        return None
    seconds = [passes / rates[rate_key(device, network)] for network, passes in work]
    return max(max(seconds), sum(seconds) / slots) if seconds else 0.0
