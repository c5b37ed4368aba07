"""Frames of a figure: what changes in it from epoch to epoch, as small JSON that the browser applies to the figure."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.frames.tables import steady

MOST_BYTES = 2_000_000
"""Most bytes of the frames of one figure; fewer frames are sent if they were more."""


def frame(
    name: str, parts: Sequence[dict] = (), places: Iterable[int] | None = None, layout: dict | None = None
) -> dict[str, Any]:
    """What changes at one epoch.

    Args:
        name: the epoch.
        parts: properties of traces; places: positions of these traces in the figure, by default the first ones.
        layout: properties of the layout; arrays are replaced whole.
    """
    data = {"data": list(parts), "traces": list(range(len(parts)) if places is None else places)} if parts else {}
    return {"name": name, **data, "layout": layout or {}}


def whole_frame(name: str, figure: go.Figure) -> dict[str, Any]:
    """A figure as its own frame, for an epoch at which it has other traces."""
    drawn = figure.to_dict()
    return {"name": name, "isWhole": True, "data": drawn["data"], "layout": drawn["layout"]}


def frames_json(frames: Sequence[dict], most_bytes: int = MOST_BYTES) -> str:
    """The frames as a JSON array; evenly fewer of them, with the first and the last, if they were over the limit."""
    written = [json.dumps(_packed(one), separators=(",", ":")) for one in frames]
    size = sum(map(len, written))
    if size > most_bytes:
        written = [written[place] for place in steady(len(written), max(2, len(written) * most_bytes // size))]
    return f"[{','.join(written)}]"


def _packed(value: Any) -> Any:
    """Arrays as Plotly's typed arrays; numbers of float32 stay exact, others need float64."""
    if isinstance(value, np.ndarray):
        return _typed_array(value)
    if isinstance(value, Mapping):
        return {name: _packed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _typed_array(values: np.ndarray) -> dict[str, str]:
    short = values.astype(np.float32)
    is_exact = np.array_equal(short.astype(np.float64), values.astype(np.float64), equal_nan=True)
    array = np.ascontiguousarray(short if is_exact else values, "<f4" if is_exact else "<f8")
    shape = {} if array.ndim == 1 else {"shape": ", ".join(map(str, array.shape))}
    return {"dtype": "f4" if is_exact else "f8", "bdata": base64.b64encode(array.tobytes()).decode(), **shape}
