"""Configuration shared by all runs, and that of runs whose weights were imported or frozen."""

from __future__ import annotations

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.data.catalog import DatasetSpec, dataset_spec
from engine.errors import InputError
from engine.models.architectures import ArchitectureSpec, architecture_spec
from engine.runs.variants import CUSTOM, VARIANTS

LONGEST_NAME = 80


def printable_line(text: str) -> str:
    """A text joined to one line, without characters that cannot be printed."""
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


class ModelConfig(BaseModel):
    """Network and data set of a run, by their names in the catalogs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = "mnist-mini"
    architecture: str = "lenet"

    @field_validator("dataset")
    @classmethod
    def _known_dataset(cls, name: str) -> str:
        return dataset_spec(name).name

    @field_validator("architecture")
    @classmethod
    def _known_architecture(cls, name: str) -> str:
        return architecture_spec(name).name

    @model_validator(mode="after")
    def _network_fits_images(self) -> Self:
        self.architecture_spec.check_fits(self.dataset_spec.shape)
        return self

    @property
    def dataset_spec(self) -> DatasetSpec:
        """The catalog's entry for `dataset`."""
        return dataset_spec(self.dataset)

    @property
    def architecture_spec(self) -> ArchitectureSpec:
        """The catalog's entry for `architecture`."""
        return architecture_spec(self.architecture)

    @property
    def conv_layers(self) -> tuple[str, ...]:
        """Names of the convolutional layers, in forward order."""
        return tuple(self.architecture_spec.convolutions)

    @property
    def run_id(self) -> str:
        """Name of the run's directory, in [a-z0-9-]; it ends in a digest of the config."""
        raise NotImplementedError

    @property
    def variant(self) -> str:
        """Key of VARIANTS, or CUSTOM."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """Name of the run in charts."""
        raise NotImplementedError

    @property
    def length(self) -> str:
        """Length of the training, as text."""
        raise NotImplementedError

    @property
    def tipping_point(self) -> float | None:
        """Value of |w| beyond which the objective pushes a weight outward; None if there is none or it is unknown."""
        return None


class Origin(BaseModel):
    """The unfinished run that weights were copied from, and the step; `epoch` is the same moment in epochs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    run_id: str = Field(min_length=1, max_length=100)
    variant: str
    step: int = Field(ge=0)
    epoch: float = Field(ge=0.0)

    @field_validator("variant")
    @classmethod
    def _has_a_color(cls, variant: str) -> str:
        if variant not in (*VARIANTS, CUSTOM):
            raise InputError(f"a variant, one of {', '.join((*VARIANTS, CUSTOM))}", repr(variant), "Restore the file.")
        return variant


class ImportedConfig(ModelConfig):
    """Weights that are not trained further: imported, with unknown training, or frozen from a run of this store.

    weights: digest of the tensors, so that equal weights with the same name are the same run.
    origin: run that frozen weights come from; charts draw them as a run of its variant. None for imported weights.
    """

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="name of the weights in charts")
    weights: str = Field(pattern="^[0-9a-f]{8,64}$", description="digest of the tensors")
    origin: Origin | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _one_line(cls, name: object) -> object:
        return printable_line(name) if isinstance(name, str) else name

    @property
    def run_id(self) -> str:
        text = f"{self.dataset} {self.architecture} {self.name} {self.weights}"
        if self.origin:
            text += f" {self.origin.run_id} {self.origin.step}"
        digest = hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
        return f"{self.dataset}-{'frozen' if self.origin else 'imported'}-{digest}"

    @property
    def variant(self) -> str:
        return self.origin.variant if self.origin else CUSTOM

    @property
    def label(self) -> str:
        return self.name

    @property
    def length(self) -> str:
        return "frozen" if self.origin else "imported"
