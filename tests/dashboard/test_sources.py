"""Which of several recorded runs tell the story."""

from dataclasses import replace

from dashboard.sources import closest_watched
from engine.minmax.objective import ObjectiveConfig
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.training.schedule import TrainingConfig


def run(name: str, pace: int, **changes) -> RunOverview:
    config = RunConfig(training=TrainingConfig(snapshots_per_epoch=pace), **changes)
    return RunOverview(name, config, "finished", None, None, None, True)


MIN_MAX = ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)


def test_the_closest_watched_of_each_variant_wherever_it_stands():
    runs = [run("a", 1), run("b", 5), run("c", 10, seed=1), run("d", 2, objective=MIN_MAX), run("e", 5)]
    assert {name: found.run_id for name, found in closest_watched(runs).items()} == {"std": "b", "min-max": "d"}
    assert closest_watched(runs[::-1])["std"].run_id == "e", "the first of equals"
    assert closest_watched(runs[2:3])["std"].run_id == "c", "another seed where there is none of the first"
    assert closest_watched([]) == {}


def test_what_was_imported_tells_no_story():
    imported = ImportedConfig(dataset="mnist", name="mine", weights="0" * 16)
    assert closest_watched([replace(run("x", 1), config=imported)]) == {}
