"""A scene of the Start page: a picture that moves in the browser, with a few words beside it.

`frontend/scene.js` and its neighbors draw it on the page and in standalone files, from data that it holds whole.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from streamlit.components.v2 import component

from dashboard.ui.frontend_files import SCENE, SCENE_STYLE, joined

_mount = component(
    "scene",
    html='<section class="lab-scene"></section>',
    css=joined(*SCENE_STYLE),
    js=joined(*SCENE, "live_scene.js"),
    isolate_styles=False,
)


class Scene:
    """Data of a scene, of kinds that JSON has; the fields depend on `kind`, all have `title` and `lead`.

    digest: changes with the data; the browser builds a scene anew only then.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.kind: str = data["kind"]
        digest = hashlib.blake2b(json.dumps(data, allow_nan=False).encode(), digest_size=8).hexdigest()
        self.data = {**data, "digest": digest}


def draw_scene(scene: Scene, *, key: str) -> None:
    """Draw a scene, or leave the one drawn under this key as it is if its data are the same."""
    _mount(key=key, data=scene.data)
