"""Reading tensors from a file of torch.save without executing code, and with a limit on memory.

torch's reader with `weights_only` calls a few harmless functions that a file names. Some of them can be made to
allocate gigabytes, hence the limit.
"""

import io
import re
import warnings
import zipfile

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError
from engine.exchange.memory_limit import memory_limit

READING_BYTES = 256 * 2**20
"""Memory limit for reading, in bytes: four times the largest file."""

_SAVE_AGAIN = "Save it again with torch.save(model.state_dict(), FILE)."
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")


def read_pytorch(name: str, content: bytes) -> dict[str, np.ndarray]:
    """Tensors of a state dict by name; raises InputError as `read_tensors` does."""
    _check_archive(name, content)
    try:
        with (
            memory_limit(READING_BYTES),
            warnings.catch_warnings(action="ignore"),
        ):  # torch warns about its own storages
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # the readers of the archive and of the pickle raise many types
        foreign = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        found = f"one with {foreign[1]}" if foreign else "a damaged one, or one with other objects"
        raise InputError(f"{name} to hold tensors and nothing to execute", found, _SAVE_AGAIN) from error
    return _arrays(name, _state_dict(name, loaded), len(content))


def _check_archive(name: str, content: bytes) -> None:
    """Raise InputError unless the file is a zip archive as torch.save writes it, without compressed entries."""
    expected = f"{name} to be a zip archive as torch.save writes it"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise InputError(expected, "a damaged file, or one of another kind", _SAVE_AGAIN) from error
    names = [entry.filename.rpartition("/")[2] for entry in entries]
    if "data.pkl" not in names or "constants.pkl" in names:
        found = "a TorchScript model" if "constants.pkl" in names else "a zip archive with other files"
        raise InputError(expected, found, _SAVE_AGAIN)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError(expected, "one with compressed entries", _SAVE_AGAIN)
    if sum(entry.file_size for entry in entries) > len(content):
        raise InputError(expected, "one whose entries are larger than the file", _SAVE_AGAIN)


def _state_dict(name: str, loaded: object) -> dict[str, Tensor]:
    if isinstance(loaded, dict):
        loaded = next((loaded[key] for key in _WRAPPERS if isinstance(loaded.get(key), dict)), loaded)
    expected = f"{name} to hold a state dict, tensors by name"
    if not isinstance(loaded, dict):
        raise InputError(expected, f"an object of type {type(loaded).__name__}", _SAVE_AGAIN)
    others = {type(value).__name__ for value in loaded.values() if not isinstance(value, Tensor)}
    others |= {f"a name of type {type(key).__name__}" for key in loaded if not isinstance(key, str)}
    if others or not loaded:
        raise InputError(expected, f"a dict with {sorted(others)[0]}" if others else "an empty dict", _SAVE_AGAIN)
    return loaded


def _arrays(name: str, tensors: dict[str, Tensor], file_bytes: int) -> dict[str, np.ndarray]:
    for tensor in tensors.values():
        plain = type(tensor) in (torch.Tensor, torch.nn.Parameter) and tensor.layout is torch.strided
        if not plain or tensor.is_quantized or tensor.is_nested or tensor.device.type != "cpu":
            raise InputError(
                f"dense tensors in {name}", "a sparse or quantized tensor, or one without values", _SAVE_AGAIN
            )
        if tensor.dtype.itemsize == 1 and tensor.is_floating_point():
            found = f"the type {str(tensor.dtype).removeprefix('torch.')}"
            raise InputError(f"numbers of 16, 32 or 64 bits in {name}", found, "Save them as float32.")
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > file_bytes:
        remedy = "Save clones of the tensors, which hold their own values."
        raise InputError(f"tensors in {name} no larger than the file", "some that repeat their values", remedy)
    plain = {key: tensor.detach().resolve_conj().resolve_neg() for key, tensor in tensors.items()}
    return {
        key: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()
        for key, tensor in plain.items()
    }
