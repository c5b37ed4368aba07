"""EvaluationRequest: which attacks, how strong, on how many images. No torch."""

import hashlib
import shlex
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.robustness.protocol import PAPER_ATTACKS, attack_config, check_attacks
from engine.robustness.threat import ThreatModel


class EvaluationRequest(BaseModel):
    """An evaluation of one run; equal requests give equal numbers.

    threat: linf at this epsilon; attacks in another norm take the same epsilon in theirs.
    samples: the first so many of the fixed, stratified order of test images, so that subsets nest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attacks: tuple[str, ...] = tuple(PAPER_ATTACKS)
    samples: int = Field(default=500, ge=1, le=10_000, description="test images, classes in equal shares")
    threat: ThreatModel = ThreatModel()
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of the attacks' random starts")

    @field_validator("attacks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(names))
        check_attacks([attack_config(name) for name in names], ThreatModel())
        return names

    @property
    def protocol_id(self) -> str:
        """Digest of everything but the list of attacks: results of one protocol belong to one report."""
        text = f"{self.threat.model_dump_json()} {self.samples} {self.seed}"
        return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()

    def job_id(self, run_id: str) -> str:
        """Of the queue's row that evaluates `run_id` like this."""
        attacks = hashlib.blake2b(" ".join(sorted(self.attacks)).encode(), digest_size=3).hexdigest()
        return f"{run_id}--{self.protocol_id}-{attacks}"

    def command(self, run_ids: Sequence[str]) -> str:
        """The command line that asks for the same."""
        words = [*run_ids, "--attacks", *self.attacks, "--samples", str(self.samples)]
        words += ["--epsilon", repr(self.threat.epsilon), "--unit", self.threat.unit]
        words += ["--seed", str(self.seed)] if self.seed else []
        return "python -m engine evaluate " + shlex.join(words)
