"""The first page: the scenes of the recorded runs, and the button that trains a pair."""

from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_runs
from engine.runs.store import RunStore
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import HERE


def test_the_first_page_shows_what_is_shipped(open_page, trained_store, tmp_path, drawn):
    app = open_page("home", tmp_path / "store", shipped=trained_store.root)
    assert not app.exception
    assert list(drawn) == ["scene-training", "scene-collapse"], "the others need images and curves"
    assert drawn["scene-training"].data["epochs"] == ["0", "0.25", "0.5", "0.75", "1"]
    assert [scene.data["place"] for scene in drawn.values()] == ["1 of 2", "2 of 2"]
    assert "shipped with the project" in " ".join(caption.value for caption in app.caption)
    assert any("No runs have been trained here yet" in info.value for info in app.info), (
        "shipped runs are not one's own"
    )


def test_the_scenes_are_of_what_is_shipped_while_the_same_runs_train_anew(open_page, trained_store, tmp_path, drawn):
    own = RunStore(tmp_path / "store")
    own.prepare()
    submit_runs(
        own,
        RunQueue(own.root),
        [trained_store.training_config(run_id) for run_id in std_and_minmax(trained_store)],
        HERE,
    )
    app = open_page("home", own.root, shipped=trained_store.root)
    assert not app.exception
    assert len(drawn["scene-training"].data["epochs"]) == 5
    assert list(app.dataframe[1].value["Status"]) == ["queued", "queued"]


def test_the_first_button_trains_the_pair(open_page, tmp_path, started_workers):
    app = open_page("home", tmp_path / "store")
    app.button[0].click().run()
    jobs = RunQueue(tmp_path / "store").jobs()
    assert sorted(job.run_id.rsplit("-", 1)[0] for job in jobs) == ["mnist-mini-min-max", "mnist-mini-std"]
    assert {settings.root for settings in started_workers} == {tmp_path / "store"}


def test_the_button_says_what_a_second_press_does(open_page, tmp_path, started_workers):
    """A pair in training is watched; once it has ended, the next seed is trained, and the last pair can be replayed."""
    app = open_page("home", tmp_path / "store")
    assert app.button[0].label == "Train Std and Min-Max"
    app.button[0].click().run()
    queue = RunQueue(tmp_path / "store")
    first = {job.run_id for job in queue.jobs()}
    app = open_page("home", tmp_path / "store")
    assert app.button[0].label == "Watch Std and Min-Max train"
    app.button[0].click().run()
    assert {job.run_id for job in queue.jobs()} == first
    for job in queue.claim("somebody", lambda jobs: jobs):
        queue.release("somebody", job.job_id, "failed", "diverged")
    app = open_page("home", tmp_path / "store")
    assert app.button[0].label == "Train Std and Min-Max with seed 1"
    assert any("Replay the pair of seed 0" in link.label for link in app.get("page_link"))
    app.button[0].click().run()
    assert {job.run_id for job in queue.jobs()} > first and len(queue.jobs()) == 4
