"""The Sweeps page: launch, progress, stop, resume and removal of sweeps; maps and points."""

import shutil

import pytest

from dashboard.frames import sweeps
from dashboard.frames.sweeps import point_label
from dashboard.sweeps import grid
from engine.measurements.evaluation.measure import evaluate_run
from engine.minmax.objective import ObjectiveConfig
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.experiment import train_runs
from engine.runs.records import read_conv_weights
from engine.runs.run_files import RESULT, read_json, write_json
from engine.runs.store import RunStore
from engine.studies.study import stop_study, study_progress, submit_study
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import read_sweeps, save_sweep
from engine.training.schedule import TrainingConfig
from tests.dashboard.shown_text import shown
from tests.small_runs import HERE

REQUEST = SweepRequest(
    l1_strengths=(0.0, 0.1),
    mus=(0.0, 0.5),
    training=TrainingConfig(epochs=1, batch_size=256, snapshots_per_epoch=2),
    attacks=("fgsm",),
    samples=20,
)


@pytest.fixture(scope="session")
def swept_store(tmp_path_factory) -> RunStore:
    """The finished sweep of REQUEST; its run at λ = 0, μ = 0.5 diverged. Read only."""
    folder = tmp_path_factory.mktemp("swept")
    store = RunStore(folder / "store")
    save_sweep(store, REQUEST)
    for config in REQUEST.configs():
        path = store.create(config)
        list(train_runs(store, [config.run_id], folder, "cpu"))
        if config.objective == ObjectiveConfig(l2_strength=-0.5):
            error = "diverged at step 9: weight 1 of conv1 reached 123.4"
            write_json(path / RESULT, {**(read_json(path / RESULT) or {}), "status": "failed", "error": error})
        else:
            evaluate_run(store, config.run_id, REQUEST.evaluation, folder, "cpu")
    return store


@pytest.fixture
def swept(swept_store, tmp_path) -> RunStore:
    shutil.copytree(swept_store.root, tmp_path / "store")
    return RunStore(tmp_path / "store")


@pytest.fixture
def open_sweeps(open_page, started_workers, drawn):
    """(store, read only, **query) -> AppTest of the page; no worker is started."""

    def open_it(root, read_only=False, **query):
        app = open_page("sweeps", root, read_only, **query)
        assert not app.exception
        app.started = started_workers
        return app

    return open_it


def said(app) -> str:
    return shown(" ".join(str(element.value) for kind in ("info", "caption", "markdown") for element in app.get(kind)))


def button(app, words: str):
    return next(one for one in app.button if words in one.label)


def queue_of(store: RunStore) -> RunQueue:
    return RunQueue(store.root)


def test_an_empty_store_offers_a_sweep(open_sweeps, tmp_path):
    app = open_sweeps(tmp_path / "new")
    assert "No run has finished yet" in said(app) and [one.label for one in app.metric] == [
        "New runs",
        "Estimated time",
    ]
    assert app.metric[0].value == "16" and "python -m engine sweep --dataset mnist-mini" in app.code[0].value
    button(app, "Launch sweep").click().run()
    assert not app.exception and len(app.started) >= 1
    store = RunStore(tmp_path / "new")
    (request,) = read_sweeps(store)
    assert len(request.configs()) == 16 and request.attacks == ("fgsm", "pgd")
    statuses = [job.status for job in queue_of(store).jobs()]
    assert statuses == ["queued"] * 32
    assert "0 of 16 runs done" in app.get("progress")[0].proto.text
    button(app, "Stop").click().run()
    assert {job.status for job in queue_of(store).jobs()} == {"stopped"}
    button(app, "Resume").click().run()
    assert {job.status for job in queue_of(store).jobs()} == {"queued"}


def test_the_form_is_drawn_when_it_is_opened_and_keeps_what_was_entered(open_sweeps, swept):
    app = open_sweeps(swept.root)
    assert not app.number_input
    app.session_state["launch-sweep"] = True
    app.run()
    app.number_input(key="sweep-epochs").set_value(7).run()
    app.session_state["launch-sweep"] = False
    app.run()
    assert not app.exception and app.number_input(key="sweep-epochs").value == 7


def test_what_is_there_already_is_counted_and_kept(open_sweeps, swept):
    app = open_sweeps(swept.root)
    app.session_state["launch-sweep"] = True
    app.run()
    for key, value in (("sweep-epochs", 1), ("sweep-batch_size", 256), ("sweep-snapshots_per_epoch", 2)):
        app.number_input(key=key).set_value(value)
    for key in ("sweep-l1s", "sweep-mus"):
        app.number_input(key=f"{key}-count").set_value(0)
    app.text_input(key="sweep-l1s-others").set_value("0.1")
    app.text_input(key="sweep-mus-others").set_value("0.5; 0.7")
    app.run()
    assert app.metric[0].value == "3", "both points of μ = 0.7, and the one that failed"
    assert "λ: 0, 0.1. μ: 0, 0.5, 0.7." in said(app)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("sweep-l1s-others", "much", "Expected numbers"),
        ("sweep-l1s-others", "-1", "0 to 10"),
        ("sweep-mus-others", "11", "-10 to 10"),
    ],
)
def test_the_form_says_what_is_wrong(open_sweeps, tmp_path, key, text, words):
    app = open_sweeps(tmp_path / "new")
    app.text_input(key=key).set_value(text).run()
    assert words in app.error[0].value and not any("Launch sweep" in one.label for one in app.button)


def test_the_maps_show_the_plane_and_what_ran_away(open_sweeps, swept, drawn):
    app = open_sweeps(swept.root)
    figure = drawn["sweep-maps"][0]
    titles = [note.text for note in figure.layout.annotations]
    assert titles == ["Fuzziness (nats)", "Largest |w|", "Clean, whole test set (%)", "Under fgsm (%)"]
    (cross, *_) = [trace for trace in figure.data if trace.name and trace.name.startswith("failed")]
    assert list(cross.text) == ["|w| 123"]
    assert any(trace.name and "first step" in trace.name for trace in figure.data)
    begun = read_conv_weights(swept.path(REQUEST.configs()[0].run_id), "conv1")[0]
    assert f"Initial weights have |w| up to {abs(begun).max():.4f}" in said(app)
    assert "3 of 4 runs done, 1 failed" in app.get("progress")[0].proto.text
    assert "Resume" not in [one.label for one in app.button], "what ran away is not tried again"


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ("Clean against robust", "sweep-tradeoff"),
        ("All at once", "sweep-coordinates"),
        ("Growth of weights", "sweep-growth"),
    ],
)
def test_every_view_draws(open_sweeps, swept, drawn, view, key):
    open_sweeps(swept.root, show=view)
    assert list(drawn) == [key] and len(drawn[key][0].data)


def test_a_point_is_chosen_by_name_or_by_the_address(open_sweeps, swept, drawn):
    app = open_sweeps(swept.root, point=point_label(0.1, 0.0))
    assert "Runs at λ 0.1, μ 0" in said(app)
    app.selectbox(key="point").set_value("0.1 0.5").run()
    assert not app.exception and "Tipping point λ/(2μ) = 0.1" in said(app)
    frame = (drawn["sweep-maps"][0].layout.shapes[0].x0, drawn["sweep-maps"][0].layout.shapes[0].y0)
    assert frame == pytest.approx((0.53, 0.53))


def links_to_runs(app) -> list:
    return [link.proto for link in app.get("page_link") if "runs=" in link.proto.query_string]


def test_a_failed_point_has_its_weights_and_no_attacks(open_sweeps, swept):
    app = open_sweeps(swept.root, point=point_label(0.0, 0.5))
    assert [link.label for link in links_to_runs(app)] == ["Weights of these runs"]
    done = open_sweeps(swept.root, point=point_label(0.1, 0.5))
    links = links_to_runs(done)
    assert [link.label for link in links] == [
        "Weights of these runs",
        "Robustness of these runs",
        "Adversarial examples",
    ]
    run_id = next(config.run_id for config in REQUEST.configs() if config.variant == "min-max")
    assert run_id in links[0].query_string


def test_of_a_point_without_a_finished_run_no_weight_is_said_to_lie_anywhere(open_sweeps, swept):
    words = said(open_sweeps(swept.root, point=point_label(0.0, 0.5)))
    assert "Tipping point λ/(2μ) = 0: no run has finished." in words


def test_attacks_that_failed_say_why_and_are_tried_again(open_sweeps, swept):
    more = REQUEST.model_copy(update={"attacks": ("fgsm", "pgd")})
    save_sweep(swept, more)
    queue = queue_of(swept)
    submit_study(swept, queue, more.study, list_runs(swept, queue)[0], HERE)
    for job in queue.claim("somebody", lambda free: free):
        queue.release("somebody", job.job_id, "failed", "The disk is full.")
    app = open_sweeps(swept.root)
    assert said(app).count("failed: The disk is full.") == 3, "the run that ran away is drawn on the map instead"
    button(app, "Resume").click().run()
    assert not app.exception and {job.status for job in queue.jobs()} == {"queued"}


def test_a_failure_is_told_however_late_its_run_stands(open_sweeps, tmp_path):
    store = RunStore(tmp_path / "new")
    many = REQUEST.model_copy(update={"mus": tuple(0.1 * place for place in range(10)), "attacks": ()})
    save_sweep(store, many)
    queue = queue_of(store)
    submit_study(store, queue, many.study, [], HERE)
    last = many.configs()[-1].run_id
    queue.claim("somebody", lambda free: [job for job in free if job.run_id == last])
    queue.release("somebody", last, "failed", "The disk is full.")
    assert said(open_sweeps(store.root)).count("failed: The disk is full.") == 1


def test_a_sweep_that_cannot_go_on_says_why(open_sweeps, tmp_path):
    store = RunStore(tmp_path / "new")
    save_sweep(store, REQUEST.model_copy(update={"dataset": "mnist"}))
    (store.root / "data").mkdir()
    (store.root / "data" / "mnist.npz").write_bytes(b"not an npz file")
    app = open_sweeps(store.root)
    button(app, "Resume").click().run()
    assert not app.exception and "The sweep could not be resumed. Expected" in app.error[0].value
    assert queue_of(store).jobs() == []


def test_forgetting_leaves_the_runs(open_sweeps, swept):
    before = set(swept.run_ids())
    button(open_sweeps(swept.root), "Forget").click().run()
    assert read_sweeps(swept) == [] and set(swept.run_ids()) == before


def test_read_only_shows_and_launches_nothing(open_sweeps, swept, drawn):
    app = open_sweeps(swept.root, read_only=True)
    assert not app.button and not app.text_input and list(drawn) == ["sweep-maps"]


def test_a_worker_is_called_while_only_attacks_wait(open_sweeps, swept):
    more = REQUEST.model_copy(update={"attacks": ("fgsm", "pgd")})
    save_sweep(swept, more)
    queue = queue_of(swept)
    submit_study(swept, queue, more.study, list_runs(swept, queue)[0], HERE)
    assert {job.kind for job in queue.jobs()} == {"evaluate"}
    app = open_sweeps(swept.root)
    assert len(app.started) == 1 and app.started[0].root == swept.root
    progress = study_progress(swept, queue, more.study, list_runs(swept, queue)[0])
    stop_study(queue, more.study, progress)
    assert "0 of 4" in app.get("progress")[0].proto.text
    assert {job.status for job in queue.jobs()} == {"stopped"}


def test_a_rerun_computes_nothing_until_a_report_changes(open_sweeps, swept, count_calls):
    computed = count_calls(grid, "strength_grids", "grid_points")
    count_calls(sweeps, "run_numbers", "_point")
    app = open_sweeps(swept.root)
    assert set(computed) == {"strength_grids", "grid_points", "run_numbers", "_point"}
    computed.clear()
    app.run()
    assert not computed and not app.exception
    for config in REQUEST.configs():
        (path,) = swept.report_paths(config.run_id) or [None]
        if path is not None:
            path.unlink()
    app.run()
    assert computed["run_numbers"] and not app.exception
    assert "Under fgsm (%)" not in app.dataframe[-1].value.columns
