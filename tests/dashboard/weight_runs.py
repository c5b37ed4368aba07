"""Three runs with weights: Std, Min-Max, and one that was imported."""

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.runs.variants import variant_objective


def overview(config) -> RunOverview:
    return RunOverview(config.run_id, config, "finished", None, None, None)


RUNS = [
    overview(RunConfig(dataset="mnist")),
    overview(RunConfig(dataset="mnist", objective=variant_objective("min-max", 0.1, -0.1, "conv1"))),
    overview(ImportedConfig(dataset="mnist", name="Brought along", weights="0123abcd")),
]


STD, MINMAX, IMPORTED = (run.run_id for run in RUNS)


SNAPSHOTS = {STD: 6, MINMAX: 4, IMPORTED: 1}
