"""A study: queued, watched, stopped, resumed and added to as one; through real trainings and attacks."""

import os
import shutil
import signal
import time
from collections.abc import Callable

import pytest

from engine.command_line.study_progress import wait_for_study
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import ObjectiveConfig
from engine.queue.client import WorkerSettings, worker_identity
from engine.queue.job import Place
from engine.queue.overview import list_runs
from engine.queue.process_identity import is_alive, pid_of, process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.speed import rate_key
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.experiment import train_runs
from engine.runs.run_files import MODEL, evaluation_path
from engine.runs.store import RunStore
from engine.studies.estimate import evaluation_passes, total_passes
from engine.studies.study import Study, StudyProgress, stop_study, study_jobs, study_progress, submit_study
from tests.small_runs import THREAT

ATTACK = EvaluationRequest(attacks=("fgsm",), samples=20, kept_images=0, threat=THREAT)
OWNER = process_identity()


class Desk:
    """A store, its queue, and hands that do what is queued, one job at a time."""

    def __init__(self, store: RunStore, data) -> None:
        self.store, self.queue, self.data, self.place = store, RunQueue(store.root), data, Place(data)

    def runs(self):
        return list_runs(self.store, self.queue)[0]

    def submit(self, study: Study) -> StudyProgress:
        return submit_study(self.store, self.queue, study, self.runs(), self.place)

    def look(self, study: Study) -> StudyProgress:
        return study_progress(self.store, self.queue, study, self.runs())

    def work(self, most: int = 10**9) -> list[tuple[str, str]]:
        """Do up to so many jobs; kind and run id of each."""
        done = []
        while len(done) < most and (jobs := self.queue.claim(OWNER, lambda free: free[:1])):
            (job,) = jobs
            if job.kind == "train":
                list(train_runs(self.store, [job.run_id], self.data, "cpu"))
                outcome = self.store.result(job.run_id)
                assert outcome is not None
                self.queue.release(OWNER, job.job_id, outcome["status"], outcome.get("error"))
            else:
                evaluate_run(self.store, job.run_id, EvaluationRequest(**job.payload), self.data, "cpu")
                self.queue.release(OWNER, job.job_id, "finished")
            done.append((job.kind, job.run_id))
        return done


@pytest.fixture
def desk(store, few_images) -> Desk:
    return Desk(store, few_images)


@pytest.fixture
def study(tiny) -> Study:
    return Study((tiny(seed=0), tiny(seed=1)), ATTACK)


def statuses(progress: StudyProgress) -> list[str]:
    return [step.status for step in progress.steps]


def test_from_nothing_to_finished_attacks_behind_their_training(desk, study):
    before = desk.look(study)
    assert statuses(before) == ["missing", "missing"] and before.fraction == 0 and not before.is_busy
    assert desk.queue.jobs() == []
    queued = desk.submit(study)
    assert statuses(queued) == ["queued", "queued"] and queued.is_busy and queued.fraction == 0
    assert len(desk.queue.jobs()) == 4
    first, second = (config.run_id for config in study.configs)
    assert desk.work(2) == [("train", first), ("evaluate", first)]
    half = desk.look(study)
    assert statuses(half) == ["finished", "queued"] and half.fraction == pytest.approx(0.5)
    assert not half.is_finished and half.is_busy
    assert [kind for kind, run_id in desk.work() if run_id == second] == ["train", "evaluate"]
    done = desk.look(study)
    assert done.is_finished and done.fraction == 1 and not done.is_busy
    for run_id in (first, second):
        report = read_report(evaluation_path(desk.store.path(run_id), ATTACK.protocol_id))
        assert report is not None and list(report.robust_accuracy_by_attack) == ["fgsm"]


def test_the_work_is_training_and_attacks(desk, study):
    one = desk.look(study).steps[0]
    assert one.training_passes == total_passes(study.configs[0]) > 0
    assert one.attack_passes == evaluation_passes(ATTACK) > 0
    assert one.passes_left == one.training_passes + one.attack_passes
    rates = {rate_key("cpu", study.configs[0]): 1000.0}
    progress = desk.look(study)
    assert progress.seconds_left(rates, 1, "cpu") == pytest.approx(2 * one.passes_left / 1000)
    assert progress.seconds_left(rates, 2, "cpu") == pytest.approx(one.passes_left / 1000)
    assert progress.seconds_left({}, 2, "cpu") is None


def test_only_new_points_are_trained(desk, study, tiny):
    desk.submit(study)
    desk.work()
    added = Study((*study.configs, tiny(seed=2)), ATTACK)
    assert desk.look(added).fraction == pytest.approx(2 / 3)
    assert statuses(desk.submit(added)) == ["finished", "finished", "queued"]
    new = added.configs[-1].run_id
    assert desk.work() == [("train", new), ("evaluate", new)]
    assert statuses(desk.submit(added)) == ["finished"] * 3 and desk.work() == []


def test_attacks_can_be_added_later(desk, study):
    desk.submit(Study(study.configs))
    assert [kind for kind, _ in desk.work()] == ["train", "train"]
    assert desk.look(Study(study.configs)).is_finished
    progress = desk.look(study)
    assert statuses(progress) == ["missing", "missing"] and all(step.trained == 1 for step in progress.steps)
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    assert [kind for kind, _ in desk.work()] == ["evaluate", "evaluate"]
    more = Study(study.configs, ATTACK.model_copy(update={"attacks": ("fgsm", "linf-bim")}))
    assert statuses(desk.look(more)) == ["missing", "missing"]
    desk.submit(more)
    assert [kind for kind, _ in desk.work()] == ["evaluate", "evaluate"]
    assert desk.look(more).is_finished and desk.look(study).is_finished


def test_twins_of_one_training_identity_are_found_and_attacked(desk, tiny):
    twin = tiny(training={"snapshots_per_epoch": 1}, objective=ObjectiveConfig(scope="all"))
    desk.submit(Study((twin,)))
    desk.work()
    study = Study((tiny(),), ATTACK)
    (step,) = desk.submit(study).steps
    assert (step.run_id, step.trained, step.status) == (twin.run_id, 1.0, "queued")
    assert desk.work() == [("evaluate", twin.run_id)]
    assert desk.look(study).is_finished and tiny().run_id not in desk.store.run_ids()


def test_a_finished_twin_serves_where_the_own_run_was_stopped(desk, tiny):
    own, twin = tiny(), tiny(training={"snapshots_per_epoch": 1})
    submit_runs(desk.store, desk.queue, [own], desk.place)
    desk.queue.request_stop(own.run_id)
    submit_runs(desk.store, desk.queue, [twin], desk.place)
    desk.work()
    study = Study((own,))
    (step,) = desk.look(study).steps
    assert (step.run_id, step.status) == (twin.run_id, "finished")
    desk.submit(study)
    assert desk.work() == []


def test_a_twin_at_work_is_waited_for_and_not_trained_again(desk, tiny):
    own, twin = tiny(), tiny(training={"snapshots_per_epoch": 1})
    desk.submit(Study((twin,)))
    study = Study((own,), ATTACK)
    (step,) = desk.look(study).steps
    assert (step.run_id, step.config, step.status) == (twin.run_id, twin, "queued")
    (running,) = desk.queue.claim(OWNER, lambda free: free[:1])
    assert statuses(desk.submit(study)) == ["running"] and own.run_id not in desk.store.run_ids()
    desk.queue.release(OWNER, running.job_id, "queued")
    assert desk.work() == [("train", twin.run_id), ("evaluate", twin.run_id)]
    assert desk.look(study).is_finished


def test_a_stopped_twin_goes_on(desk, tiny):
    own, twin = tiny(), tiny(training={"snapshots_per_epoch": 1})
    desk.submit(Study((twin,)))
    desk.queue.request_stop(twin.run_id)
    study = Study((own,), ATTACK)
    assert statuses(desk.look(study)) == ["stopped"]
    assert statuses(desk.submit(study)) == ["queued"]
    assert desk.work() == [("train", twin.run_id), ("evaluate", twin.run_id)]
    assert desk.look(study).is_finished


def test_a_twin_that_failed_says_nothing_of_ones_own(desk, tiny):
    """It may have been held to a lower weight limit."""
    own, twin = tiny(), tiny(training={"snapshots_per_epoch": 1})
    desk.submit(Study((twin,)))
    (job,) = desk.queue.claim(OWNER, lambda free: free[:1])
    desk.queue.release(OWNER, job.job_id, "failed", "The disk is full.")
    (step,) = desk.look(Study((own,))).steps
    assert (step.run_id, step.status) == (own.run_id, "missing")


def test_an_attacked_run_goes_before_one_that_is_not(desk, tiny):
    own, twin = tiny(), tiny(training={"snapshots_per_epoch": 1})
    desk.submit(Study((twin,), ATTACK))
    desk.work()
    submit_runs(desk.store, desk.queue, [own], desk.place)
    desk.work()
    (step,) = desk.look(Study((own,), ATTACK)).steps
    assert (step.run_id, step.status) == (twin.run_id, "finished")
    (step,) = desk.look(Study((own,))).steps
    assert step.run_id == own.run_id, "where both serve, one's own"


def test_stop_and_resume(desk, study):
    desk.submit(study)
    running = desk.queue.claim(OWNER, lambda free: free[:1])[0]
    stop_study(desk.queue, study, desk.look(study))
    assert statuses(desk.look(study)) == ["stopping", "stopped"]
    desk.queue.release(OWNER, running.job_id, "stopped")
    stopped = desk.look(study)
    assert statuses(stopped) == ["stopped", "stopped"] and not stopped.is_busy
    assert desk.work() == [] and {job.status for job in desk.queue.jobs()} == {"stopped"}
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    assert sorted(kind for kind, _ in desk.work()) == ["evaluate", "evaluate", "train", "train"]
    assert desk.look(study).is_finished


def test_stopping_leaves_what_is_done(desk, study):
    desk.submit(study)
    desk.work(1)
    stop_study(desk.queue, study, desk.look(study))
    assert statuses(desk.look(study)) == ["stopped", "stopped"]
    assert [step.trained for step in desk.look(study).steps] == [1.0, 0.0]
    desk.submit(study)
    assert ("train", study.configs[0].run_id) not in desk.work() and desk.look(study).is_finished


def test_a_run_that_ran_away_stays_and_blocks_nothing(desk, tiny):
    away = tiny(
        training={"weight_limit": 1.0, "optimizer": "sgd", "learning_rate": 1.0},
        objective=ObjectiveConfig(l2_strength=-10.0),
    )
    study = Study((away, tiny()), ATTACK)
    desk.submit(study)
    desk.work()
    progress = desk.look(study)
    assert statuses(progress) == ["failed", "finished"] and not progress.is_busy and not progress.is_finished
    assert progress.seconds_left({rate_key("cpu", away): 1.0}, 1, "cpu") == 0
    assert all(step.is_over for step in progress.steps)
    assert statuses(desk.submit(study)) == ["failed", "finished"] and desk.work() == []
    assert all(job.status != "queued" for job in desk.queue.jobs())


def test_a_training_that_failed_for_another_reason_is_tried_again(desk, study):
    desk.submit(study)
    (job,) = desk.queue.claim(OWNER, lambda free: free[:1])
    desk.queue.release(OWNER, job.job_id, "failed", "The disk is full.")
    progress = desk.look(study)
    assert progress.count("failed") == 1 and not any(step.is_over for step in progress.steps)
    assert progress.seconds_left({rate_key("cpu", study.configs[0]): 1.0}, 1, "cpu") > 0
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    desk.work()
    assert desk.look(study).is_finished


def test_attacks_that_failed_are_tried_again(desk, study):
    desk.submit(study)
    desk.work(1)
    (job,) = desk.queue.claim(OWNER, lambda free: free[:1])
    assert job.kind == "evaluate"
    desk.queue.release(OWNER, job.job_id, "failed", "The disk is full.")
    desk.work()
    (failed, _) = desk.look(study).steps
    assert (failed.status, failed.is_over, failed.ran_away) == ("failed", False, False)
    assert statuses(desk.submit(study)) == ["queued", "finished"]
    assert desk.work() == [("evaluate", failed.run_id)] and desk.look(study).is_finished


def test_a_forgotten_queue_leaves_runs_that_can_go_on(desk, study):
    """Whoever moves a damaged queue away finds runs that nobody works on: to be resumed, not waited for."""
    desk.submit(study)
    desk.queue.path.unlink()
    progress = desk.look(study)
    assert statuses(progress) == ["stopped", "stopped"] and not progress.is_busy
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    desk.work()
    assert desk.look(study).is_finished


@pytest.fixture
def recorded(desk, study, tmp_path) -> Desk:
    """The study's first run, attacked, as shipped without weights, beside an empty store."""
    desk.submit(study)
    desk.work()
    shipped = tmp_path / "shipped"
    shutil.copytree(desk.store.path(study.configs[0].run_id), shipped / study.configs[0].run_id)
    (shipped / study.configs[0].run_id / MODEL).unlink()
    return Desk(RunStore(tmp_path / "other", shipped), desk.data)


def test_recorded_runs_count_for_what_they_were_attacked_with(recorded, study):
    assert statuses(recorded.look(study)) == ["finished", "missing"]
    assert statuses(recorded.look(Study(study.configs))) == ["finished", "missing"]
    recorded.submit(study)
    assert {run_id for _, run_id in recorded.work()} == {study.configs[1].run_id}


def test_recorded_runs_are_trained_here_when_other_attacks_are_asked_for(recorded, study):
    other = Study(study.configs[:1], ATTACK.model_copy(update={"samples": 30}))
    (step,) = recorded.look(other).steps
    assert (step.trained, step.status) == (0.0, "missing")
    recorded.submit(other)
    assert [kind for kind, _ in recorded.work()] == ["train", "evaluate"]
    assert recorded.look(other).is_finished


def test_what_was_removed_by_hand_is_done_again(desk, study):
    desk.submit(study)
    desk.work()
    trained, attacked = study.configs
    shutil.rmtree(desk.store.path(trained.run_id))
    evaluation_path(desk.store.path(attacked.run_id), ATTACK.protocol_id).unlink()
    progress = desk.look(study)
    assert statuses(progress) == ["missing", "missing"] and not progress.is_busy
    assert [(step.trained, step.attacked) for step in progress.steps] == [(0, 0), (1, 0)]
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    assert sorted(desk.work()) == sorted(
        [("train", trained.run_id), ("evaluate", trained.run_id), ("evaluate", attacked.run_id)]
    )
    assert desk.look(study).is_finished


def test_a_training_stopped_before_its_result_goes_on(desk, study):
    desk.submit(study)
    (job,) = desk.queue.claim(OWNER, lambda free: free[:1])
    desk.queue.beat(OWNER, [job.job_id], 1.0, "epoch 1.0 of 1")
    desk.queue.release(OWNER, job.job_id, "stopped")
    assert 0 < desk.look(study).steps[0].trained < 1
    assert statuses(desk.submit(study)) == ["queued", "queued"]
    desk.work()
    assert desk.look(study).is_finished


def test_jobs_of_a_step(desk, study):
    desk.submit(study)
    named = {job_id for step in desk.look(study).steps for job_id in study_jobs(study, step)}
    assert named == {job.job_id for job in desk.queue.jobs()}


def test_nothing_asked_for_is_done(desk):
    progress = desk.submit(Study(()))
    assert progress.is_finished and progress.fraction == 1 and not progress.is_busy


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_through_a_real_worker(desk, study):
    settings = WorkerSettings(desk.store.root, desk.data, device="cpu", processes=2, idle_exit=30.0)
    desk.submit(study)
    try:
        progress = wait_for_study(desk.store, desk.queue, study, settings, quiet=True)
        identity = worker_identity(desk.store.root)
        assert identity is not None and is_alive(identity)
    finally:
        if found := worker_identity(desk.store.root):
            os.killpg(pid_of(found), signal.SIGTERM)
            wait_until(lambda: not is_alive(found))
    assert progress.is_finished and progress.fraction == 1
    assert {job.status for job in desk.queue.jobs()} == {"finished"} and len(desk.queue.jobs()) == 4


def test_looking_once_waits_for_nothing(desk, study, monkeypatch):
    started = []
    monkeypatch.setattr("engine.command_line.attendant.start_worker", started.append)
    settings = WorkerSettings(desk.store.root, desk.data, device="cpu")
    desk.submit(study)
    assert statuses(wait_for_study(desk.store, desk.queue, study, settings, wait=False)) == ["queued", "queued"]
    assert started == [settings]
    desk.work()
    assert wait_for_study(desk.store, desk.queue, study, settings).is_finished and started == [settings]


def test_the_same_run_twice_is_one_job(desk):
    config = RunConfig()
    desk.submit(Study((config, config)))
    assert [job.job_id for job in desk.queue.jobs()] == [config.run_id]
