"""Runs have names that tell them apart."""

from dataclasses import replace

from dashboard.frames.labels import unique_labels


def test_runs_of_one_label_are_never_merged(trained_store, trained_runs):
    longer = trained_runs[0].config.training.model_copy(update={"epochs": 2})
    config = trained_runs[0].config.model_copy(update={"training": longer})
    twins = [*trained_runs, replace(trained_runs[0], run_id=config.run_id, config=config)]
    names = unique_labels(twins)
    assert len(set(names.values())) == len(twins) == 3
    assert names[trained_runs[1].run_id] == trained_runs[1].config.label, "who is alone keeps the short name"
    assert unique_labels(trained_runs) == {run.run_id: run.config.label for run in trained_runs}
