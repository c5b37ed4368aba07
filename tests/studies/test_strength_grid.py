"""The plane of λ and κ: which runs are its points, and which of several is taken."""

import pytest

from engine.minmax.objective import ObjectiveConfig
from engine.queue.overview import RunOverview
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.training_identity import family
from engine.studies.strength_grid import grid_points, strength_grids
from engine.training.schedule import TrainingConfig

LONGER = TrainingConfig(epochs=20)


def run(l1=0.0, mu=0.0, seed=0, scope="conv1", status="finished", has_weights=True, **changes) -> RunOverview:
    objective = ObjectiveConfig(l1_strength=l1, l2_strength=0.0 - mu, scope=scope)
    config = RunConfig(objective=objective, seed=seed, **changes)
    return RunOverview(config.run_id, config, status, None, None, None, has_weights=has_weights)


GRID = family(RunConfig())


def strengths(found) -> list[tuple[float, float, tuple[int, ...]]]:
    return [(point.l1_strength, point.mu, tuple(run.config.seed for run in point.runs)) for point in found]


def test_points_by_strength_and_runs_by_seed():
    runs = [run(0.1, 0.1, 1), run(0.1, -0.1), run(), run(0.1, 0.1, 0), run(0.01, 0.2)]
    assert strengths(grid_points(runs, GRID)) == [
        (0, 0, (0,)),
        (0.01, 0.2, (0,)),
        (0.1, -0.1, (0,)),
        (0.1, 0.1, (0, 1)),
    ]


def test_a_further_penalty_is_a_grid_of_its_own(quartic):
    third = {"l1_strength": 0.1, "penalties": {quartic: 0.5}}
    with_it, plain = RunConfig(objective=third), RunConfig(objective={"l1_strength": 0.1})
    runs = [RunOverview(config.run_id, config, "finished", None, None, None) for config in (with_it, plain)]
    assert [point.runs for point in grid_points(runs, family(with_it))] == [(runs[0],)]
    assert [point.runs for point in grid_points(runs, GRID)] == [(runs[1],)]
    assert {of: count for of, count in strength_grids([*runs, run()])} == {family(with_it): 1, GRID: 2}


def test_other_families_and_what_has_not_ended_are_left_out():
    others = [run(dataset="mnist"), run(training=LONGER), run(0.1, scope="all"), run(0.1, adversarial_training=True)]
    others += [run(0.1, status=status) for status in ("queued", "running", "stopped", "interrupted")]
    assert grid_points(others, GRID) == []


def test_adversarial_ones_are_a_plane_of_their_own():
    adversarial, plain = run(0.1, adversarial_training=True), run(0.1)
    (point,) = grid_points([plain, adversarial], family(adversarial.config), adversarial=True)
    assert point.runs == (adversarial,)
    (point,) = grid_points([plain, adversarial], family(adversarial.config))
    assert point.runs == (plain,)


@pytest.mark.parametrize("turned", [False, True])
def test_of_twins_a_finished_one_counts_then_the_preferred_then_one_with_weights(turned):
    probe = ProbeConfig(samples=0)
    failed, finished = run(0.1, status="failed"), run(0.1, probe=probe, has_weights=False)
    with_weights = run(0.1, probe=ProbeConfig(samples=8))

    def taken(*runs, **options):
        ((only,),) = [point.runs for point in grid_points(runs[::-1] if turned else runs, GRID, **options)]
        return only

    assert taken(failed, finished) is finished
    assert taken(failed, finished, is_preferred=lambda one: one is failed) is finished
    assert taken(finished, with_weights) is with_weights
    assert taken(finished, with_weights, is_preferred=lambda one: one is finished) is finished


def test_failed_runs_stay_but_are_not_finished():
    (point,) = grid_points([run(0.1, 9.0, status="failed"), run(0.1, 9.0, seed=1)], GRID)
    assert [one.config.seed for one in point.runs] == [0, 1] and [one.config.seed for one in point.finished] == [1]


def test_planes_are_counted_by_points_most_first():
    runs = [run(), run(0.1), run(0.1, seed=1), run(0.2), run(0.1, scope="all"), run(0.1, dataset="mnist")]
    runs += [run(0.3, status="failed"), run(0.4, adversarial_training=True)]
    counted = [(of.dataset, of.objective.scope, count) for of, count in strength_grids(runs)]
    assert counted == [("mnist-mini", "conv1", 3), ("mnist-mini", "all", 2), ("mnist", "conv1", 1)]
    assert [count for _, count in strength_grids(runs)] == [
        len(grid_points(finished(runs), of)) for of, _ in strength_grids(runs)
    ]


def finished(runs):
    return [one for one in runs if one.status == "finished"]


def test_no_runs_no_grids():
    assert strength_grids([]) == [] and grid_points([], GRID) == []
