"""The file that completes a run, as readers trust it: result.json, checked. No torch."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.documents import damaged, first_fault, read_json
from engine.runs.run_files import RESULT

RESULT_REMEDY = "Restore the file from a copy, or delete the run and launch it again."

_Accuracy = Annotated[float, Field(ge=0.0, le=1.0)]


class _Result(BaseModel):
    """Values of a result; what is not listed is a quantity of a layer: <layer>_<key>."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, float | None] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    status: Literal["finished", "failed"]
    error: str | None = None
    clean_accuracy: _Accuracy | None = None
    clean_accuracy_samples: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    bit_exact: bool | None = None
    probed_robust_accuracy: _Accuracy | None = None
    epoch: Annotated[float, Field(ge=0.0)] | None = None
    steps: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    seconds: Annotated[float, Field(ge=0.0)] | None = None


def read_result(folder: Path) -> dict | None:
    """The result of the run in `folder`; None until it has ended.

    Raises:
        DamagedFile: the content is no result, or not the one that was written.
        UnreadableFile: the file exists, but cannot be opened.
    """
    document = read_json(folder / RESULT, RESULT_REMEDY)
    if document is None:
        return None
    try:
        _Result.model_validate(document)
    except ValidationError as error:
        raise damaged(folder / RESULT, first_fault(error), RESULT_REMEDY) from error
    return document
