"""Reading tensors from a file without executing code in it. Safetensors files are read without torch."""

from pathlib import Path

import numpy as np
import safetensors
from safetensors import SafetensorError

from engine.errors import InputError

SUFFIXES = (".safetensors", ".pt", ".pth")
MOST_BYTES = 64 * 2**20

_TYPES = {
    "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "BOOL": "?",
    "I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "<u1", "U16": "<u2", "U32": "<u4", "U64": "<u8",
}  # fmt: skip


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """All tensors of a `.safetensors` file, or of a `.pt` or `.pth` file with a state dict; bfloat16 as float32.

    The state dict of a `.pt` file is its whole content, or its entry state_dict, model_state_dict, model or net.

    Raises:
        InputError: the file does not exist, is of another kind, larger than MOST_BYTES, damaged or compressed, or has
            objects other than tensors, or tensors that are not dense or are larger than the file.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"a file of weights ending in {', '.join(SUFFIXES)}",
            repr(path.name),
            "Choose a file with one of these endings.",
        )
    content = _read_bounded(path)
    if suffix == ".safetensors":
        return _read_safetensors(path.name, content)
    from engine.exchange.pytorch_file import read_pytorch  # imports torch

    return read_pytorch(path.name, content)


def _read_bounded(path: Path) -> bytes:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"a file of weights at {path}", found, "Give the path of a file.")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if not content:
        raise InputError(f"weights in {path.name}", "an empty file", "Copy or save it again.")
    if len(content) > MOST_BYTES:
        remedy = "Save the weights alone, without the state of an optimizer."
        raise InputError(f"{path.name} to have at most {MOST_BYTES // 2**20} MB", "a larger file", remedy)
    return content


def _read_safetensors(name: str, content: bytes) -> dict[str, np.ndarray]:
    try:
        entries = safetensors.deserialize(content)
    except SafetensorError as error:
        remedy = "Save it again with safetensors.torch.save_file(model.state_dict(), FILE)."
        raise InputError(f"{name} to be a safetensors file", "a damaged or different one", remedy) from error
    return {key: _decoded(name, entry) for key, entry in entries}


def _decoded(name: str, entry: dict) -> np.ndarray:
    kind, shape = entry["dtype"], entry["shape"]
    if kind == "BF16":  # the upper half of a float32, which numpy knows
        halves = np.frombuffer(entry["data"], "<u2").astype("<u4")
        return (halves << 16).view("<f4").reshape(shape)
    if kind not in _TYPES:
        raise InputError(f"numbers of 16, 32 or 64 bits in {name}", f"the type {kind}", "Save them as float32.")
    return np.frombuffer(entry["data"], _TYPES[kind]).reshape(shape)
