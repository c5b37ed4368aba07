"""How fast this machine trains each network."""

import pytest

from engine.models.architectures import ARCHITECTURES
from engine.queue.speed import rate_key, unmeasured
from engine.queue.speed_measurement import measure_rate
from engine.runs.model_config import ModelConfig


def test_every_network_is_measured_once_lenet_first():
    rates, networks = {}, []
    while missing := unmeasured("cpu", rates):
        networks.append((missing[0].architecture, missing[0].dataset_spec.shape))
        rates[rate_key("cpu", missing[0])] = 1.0
    assert networks[0] == ("lenet", (1, 28, 28)) and ("lenet", (3, 32, 32)) in networks
    assert ("madry-cnn", (1, 28, 28)) in networks and ("madry-cnn", (3, 32, 32)) not in networks
    assert len(networks) == len(set(networks))
    assert unmeasured("cuda", rates), "another device is another speed"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_rate_is_measured(architecture):
    assert 10 < measure_rate(ModelConfig(architecture=architecture), "cpu", batch_size=8, steps=2) < 1e7
