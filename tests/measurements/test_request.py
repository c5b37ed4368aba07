"""What all requests to measure share: a threat model that somebody stated, never that of another data set."""

import pytest

from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.measurements.kinds import REQUESTS
from engine.validation import validated

OTHER_FIELDS = {"evaluate": {}, "diagnose": {}, "curve": {}, "transfer": {"targets": ("a",)}}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_threat_model_must_be_given(kind):
    """The paper's epsilon differs from data set to data set, so no request may assume one."""
    with pytest.raises(InputError, match="threat"):
        validated(REQUESTS[kind], **OTHER_FIELDS[kind])
    threat = ThreatModel(epsilon=0.03)
    assert validated(REQUESTS[kind], **OTHER_FIELDS[kind], threat=threat).threat == threat
