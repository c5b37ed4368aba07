"""The scenes of the Start page: what they show is computed from the recorded runs once, and kept."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dashboard import sources
from dashboard.figures.palette import variant_color
from dashboard.frames.labels import LAYERS
from dashboard.memory import remembered
from dashboard.navigation import draw_link
from dashboard.start.attack_scene import attack_scene
from dashboard.start.limits_scene import limits_scene
from dashboard.start.recorded_pair import Network, Weights, read_pair
from dashboard.start.strength_scene import strength_scene
from dashboard.start.weight_scenes import collapse_scene, training_scene
from dashboard.ui.page_export import PageExport
from dashboard.ui.scene import Scene
from engine.file_state import FileState, file_state
from engine.queue.overview import RunOverview
from engine.runs.columns import column
from engine.runs.records import METRICS
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore
from engine.runs.variants import VARIANTS

LAYER = "conv1"
PAIR = ("std", "min-max")
FILES = ("evaluations", "adversarial", "curves", "transfers", MODEL, METRICS, f"{LAYER}.f32")
LINKS = {
    "attack": ("examples", "See more adversarial examples"),
    "training": ("weights", "Watch all layers of these runs"),
    "collapse": ("theory", "See why the weights separate"),
    "strength": ("robustness", "Compare the networks under all attacks"),
    "limits": ("paper", "Read the claims with their verdicts"),
}
"""Kind of a scene -> page on which one can go on, and the label of the link."""


def draw_scenes(export: PageExport, recorded: Mapping[str, RunOverview], store: RunStore) -> None:
    """Draw the scenes of the recorded Std and Min-Max run, each with a link to the page on which one can go on.

    Args:
        recorded: variant -> run; without one of the two nothing is drawn.
    """
    if any(variant not in recorded for variant in PAIR):
        return
    std, minmax = (recorded[variant].run_id for variant in PAIR)
    run_ids = std, minmax
    for scene in _scenes(store.root, run_ids, _stamp(store, run_ids)):
        export.scene(scene, key=f"scene-{scene.kind}")
        page, label = LINKS[scene.kind]
        draw_link(page, label, run_ids, icon="arrow_forward")


def _stamp(store: RunStore, run_ids: tuple[str, ...]) -> tuple[FileState, ...]:
    """Changes whenever something that the scenes show was stored; nothing is read."""
    return tuple(file_state(f"{store.root}/{run_id}/{name}") for run_id in run_ids for name in FILES)


@remembered
def _scenes(root: Path, run_ids: tuple[str, str], stamp: tuple[FileState, ...]) -> tuple[Scene, ...]:
    store = RunStore(root)
    std, minmax = (Network(VARIANTS[variant], variant_color(variant)) for variant in PAIR)
    films = [(network, _weights(store, run_id)) for network, run_id in zip((std, minmax), run_ids, strict=True)]
    pair = read_pair(store, (run_ids[0], std), (run_ids[1], minmax))
    found = [attack_scene(pair)]
    if all(len(weights.values) for _, weights in films):
        found += [training_scene(films, LAYERS[LAYER]), collapse_scene(films, LAYERS[LAYER])]
    found += [strength_scene(pair), limits_scene(pair)]
    shown = [data for data in found if data]
    return tuple(Scene(data | {"place": f"{place} of {len(shown)}"}) for place, data in enumerate(shown, 1))


def _weights(store: RunStore, run_id: str) -> Weights:
    """Weights of the layer at every snapshot that has a record."""
    records, film = sources.history(run_id, store), sources.conv_weights(run_id, LAYER, store)
    values = film[: len(records)] if len(film) else np.empty(film.shape, np.float32)
    kernel = store.config(run_id).architecture_spec.kernel_shape(LAYER, film.shape[1])
    paths = ("epoch",), ("fuzziness", LAYER), ("near_zero", LAYER)
    epochs, fuzziness, near_zero = (column(records, *path)[: len(values)] for path in paths)
    return Weights(values, epochs, fuzziness, near_zero, kernel)
