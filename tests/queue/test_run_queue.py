"""The queue: each job once, every change a compare-and-set, nothing lost when a worker dies."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import InputError
from engine.queue import liveness
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import AUTOMATIC_RESUMES, RunQueue, readable_jobs
from engine.queue.schema import SCHEMA_VERSION


def oldest(waiting: list) -> list:
    return waiting[:1]


def everything(waiting: list) -> list:
    return waiting


def submit(queue: RunQueue, *job_ids: str) -> None:
    for job_id in job_ids:
        assert queue.submit(job_id, "train", job_id, {"x": 1})


def status(queue: RunQueue, job_id: str = "a") -> str:
    return queue.job(job_id).status


def put(queue: RunQueue, **values) -> None:
    """Write columns of all rows, as time or an accident would."""
    with sqlite3.connect(queue.path) as connection:
        connection.execute(f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in values)}", tuple(values.values()))
    connection.close()


@pytest.fixture
def me() -> str:
    return process_identity()


@pytest.fixture(scope="module")
def dead() -> str:
    """Identity of a process that has ended."""
    child = subprocess.Popen(["sleep", "60"])
    identity = process_identity(child.pid)
    child.kill()
    child.wait()
    return identity


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen]:
    """A live process that obeys nobody."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child
    child.kill()
    child.communicate()


def test_a_row_holds_what_was_submitted(queue):
    assert queue.jobs() == [] and queue.job("a") is None
    before = time.time()
    assert queue.submit("a--1", "evaluate", "a", {"attacks": ["pgd"], "ε": 0.3})
    job = queue.job("a--1")
    assert (job.job_id, job.kind, job.run_id, job.status) == ("a--1", "evaluate", "a", "queued")
    assert job.payload == {"attacks": ["pgd"], "ε": 0.3} and before <= job.created_at <= time.time()
    assert (job.attempts, job.progress, job.message, job.owner, job.error) == (0, 0.0, "", None, None)


def test_submitting_again_changes_nothing(queue, me):
    submit(queue, "a")
    queue.claim(me, oldest)
    before = queue.job("a")
    assert not queue.submit("a", "evaluate", "b", {"other": True})
    assert queue.job("a") == before and len(queue.jobs()) == 1


def test_newest_first_and_by_id(queue):
    submit(queue, "a", "b", "c")
    assert [job.job_id for job in queue.jobs()] == ["c", "b", "a"]
    assert [job.job_id for job in queue.jobs(["a", "c", "x"])] == ["c", "a"]


def test_claims_go_oldest_first(queue, me):
    submit(queue, "a", "b")
    (job,) = queue.claim(me, oldest)
    assert (job.job_id, job.status, job.owner, job.message) == ("a", "running", me, "starting")
    assert [job.job_id for job in queue.claim(me, oldest)] == ["b"] and queue.claim(me, oldest) == []
    assert queue.has(["running"]) and not queue.has(["queued", "failed"])


def test_the_chooser_sees_all_that_wait_and_takes_several(queue, me, dead):
    submit(queue, "a", "b", "c", "d")
    queue.request_stop("b")
    queue.claim(dead, oldest)
    queue.reconcile()
    seen = []
    claimed = queue.claim(me, lambda waiting: seen.extend(waiting) or [waiting[2], waiting[0]])
    assert [job.job_id for job in seen] == ["a", "c", "d"]
    assert {job.job_id for job in claimed} == {"a", "d"} and status(queue, "c") == "queued"


def test_measurements_of_one_protocol_take_turns(queue, me):
    """Each files what it found beside what it read when it began: two at once would lose the first one's."""
    ball, other = {"threat": {"epsilon": 0.3}, "samples": 9, "seed": 0}, {"threat": {"epsilon": 0.1}}
    assert queue.submit("a--paper", "evaluate", "a", {**ball, "image": None, "attacks": ["pgd"]})
    assert queue.submit("a--transfer", "transfer", "a", {**ball, "attack": "pgd"})
    assert queue.submit("a--weaker", "evaluate", "a", {**ball, **other, "attacks": ["pgd"]})
    assert queue.submit("b--paper", "evaluate", "b", {**ball, "attacks": ["pgd"]})
    claimed = [job.job_id for _ in range(4) for job in queue.claim(me, oldest)]
    assert claimed == ["a--paper", "a--weaker", "b--paper"] and status(queue, "a--transfer") == "queued"
    queue.release(me, "a--paper", "finished")
    assert [job.job_id for job in queue.claim(me, oldest)] == ["a--transfer"]


def test_a_chooser_that_fails_changes_nothing(queue, me):
    submit(queue, "a")
    with pytest.raises(ZeroDivisionError):
        queue.claim(me, lambda waiting: [waiting[1 // 0]])
    assert status(queue) == "queued" and queue.claim(me, oldest)


def test_beat_reports_and_tells_what_is_still_wanted(queue, me):
    submit(queue, "a", "b", "c")
    queue.claim(me, everything)
    queue.request_stop("b")
    before = time.time()
    assert queue.beat(me, ["a", "b", "c", "x"], 0.25, "epoch 1") == {"a", "c"}
    for job in queue.jobs():
        assert (job.progress, job.message) == (0.25, "epoch 1") and before <= job.heartbeat <= time.time()
    assert queue.beat("boot/1/1", ["a"], 0.9, "stolen") == set() and queue.job("a").progress == 0.25
    queue.release(me, "a", "finished")
    assert queue.beat(me, ["a", "c"], 0.5, "on") == {"c"} and queue.job("a").progress == 1.0


@pytest.mark.parametrize("end", ["finished", "failed", "stopped", "interrupted", "queued"])
def test_release_is_the_owners_alone_and_once(queue, me, end):
    submit(queue, "a")
    queue.claim(me, oldest)
    assert not queue.release("boot/1/1", "a", "failed", "not yours") and status(queue) == "running"
    assert queue.release(me, "a", end, "why" if end == "failed" else None)
    job = queue.job("a")
    assert (job.status, job.owner, job.message) == (end, None, "")
    assert job.error == ("why" if end == "failed" else None)
    assert job.progress == (1.0 if end == "finished" else 0.0)
    assert not queue.release(me, "a", "finished") and status(queue) == end


def test_stopping_what_waits_is_immediate(queue, me):
    submit(queue, "a")
    assert queue.request_stop("a") and status(queue) == "stopped"
    assert not queue.request_stop("a") and queue.claim(me, everything) == []
    assert queue.resume("a") and status(queue) == "queued" and queue.claim(me, everything)


def test_stopping_what_runs_is_a_request(queue, me):
    submit(queue, "a")
    queue.claim(me, oldest)
    assert queue.request_stop("a") and status(queue) == "stopping"
    assert not queue.request_stop("a") and not queue.resume("a") and queue.claim(me, everything) == []
    assert queue.release(me, "a", "stopped") and queue.job("a").stop_requested_at is None


def test_resume_is_for_what_has_ended(queue, me):
    submit(queue, "a")
    assert not queue.resume("a") and not queue.resume("x")
    for end in ("stopped", "failed", "interrupted", "finished"):
        queue.claim(me, oldest)
        assert not queue.resume("a")
        queue.beat(me, ["a"], 0.7, "far")
        queue.release(me, "a", end, "reason")
        assert queue.resume("a")
        job = queue.job("a")
        assert (job.status, job.error, job.progress, job.attempts) == ("queued", None, 0.0, 0)


def test_a_resumed_job_goes_to_the_end_of_the_line(queue, me):
    submit(queue, "a", "b")
    queue.request_stop("a")
    queue.resume("a")
    assert [job.job_id for job in queue.claim(me, oldest)] == ["b"]


def test_a_measurement_waits_for_its_training(queue, me):
    submit(queue, "a", "b")
    queue.submit("a--1", "evaluate", "a", {})
    assert [job.job_id for job in queue.claim(me, everything)] == ["a", "b"]
    assert queue.claim(me, everything) == [], "it trains"
    queue.release(me, "b", "finished")
    queue.release(me, "a", "interrupted")
    assert [job.job_id for job in queue.claim(me, everything)] == ["a"], "it will train again"
    queue.release(me, "a", "finished")
    assert [job.job_id for job in queue.claim(me, everything)] == ["a--1"]


@pytest.mark.parametrize("end", ["stopped", "failed"])
def test_a_measurement_ends_with_a_training_that_does_not_finish(queue, me, end):
    submit(queue, "a", "b")
    for run_id in ("a", "b"):
        queue.submit(f"{run_id}--1", "evaluate", run_id, {})
    queue.claim(me, oldest)
    queue.release(me, "a", end)
    job = queue.job("a--1")
    assert (job.status, job.error) == ("stopped", "its training did not finish")
    assert status(queue, "b--1") == "queued", "another run's"
    queue.request_stop("b")
    assert status(queue, "b--1") == "stopped", "also where the training had not begun"
    assert queue.resume("a--1") and queue.job("a--1").error is None


def test_a_measurement_that_ends_stops_no_other(queue, me):
    for job_id in ("a--1", "a--2"):
        queue.submit(job_id, "evaluate", "a", {"seed": job_id})
    queue.claim(me, oldest)
    queue.release(me, "a--1", "failed")
    assert status(queue, "a--2") == "queued"


def test_deleting_forgets_a_run_and_its_evaluations_only(queue, me):
    submit(queue, "a", "b")
    queue.claim(me, oldest)
    queue.release(me, "a", "finished")
    queue.submit("a--1", "evaluate", "a", {})
    queue.claim(me, lambda waiting: [job for job in waiting if job.job_id == "a--1"])
    with pytest.raises(InputError, match="running"):
        queue.delete_run("a")
    assert len(queue.jobs()) == 3
    queue.release(me, "a--1", "finished")
    queue.delete_run("a")
    assert [job.job_id for job in queue.jobs()] == ["b"]
    queue.delete_run("never there")


def test_remaining_time_is_that_of_the_rate_so_far(queue, me, monkeypatch):
    submit(queue, "a")
    assert queue.job("a").seconds_left is None
    queue.claim(me, oldest)
    assert queue.job("a").seconds_left is None
    queue.beat(me, ["a"], 0.25, "")
    put(queue, started_at=990.0)
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert queue.job("a").seconds_left == 30.0


# taken by a person's own process


def test_taking_submits_and_claims_at_once(queue, me):
    before = time.time()
    assert queue.take(me, "a", "train", "a", {"x": 1}) is None
    job = queue.job("a")
    assert (job.kind, job.run_id, job.payload, job.status, job.owner) == ("train", "a", {"x": 1}, "running", me)
    assert before <= job.created_at == job.started_at == job.heartbeat and job.message == "starting"
    assert queue.claim("boot/1/1", everything) == []
    assert queue.beat(me, ["a"], 0.5, "on") == {"a"} and queue.release(me, "a", "finished")


@pytest.mark.parametrize("end", ["queued", "interrupted", "stopped", "failed", "finished"])
def test_taking_resumes_whatever_nobody_works_on(queue, me, end):
    submit(queue, "a")
    queue.claim("boot/1/1", oldest)
    queue.beat("boot/1/1", ["a"], 0.7, "far")
    queue.release("boot/1/1", "a", end, "reason")
    put(queue, attempts=2)
    assert queue.take(me, "a", "train", "a", {}) is None
    job = queue.job("a")
    assert (job.status, job.owner, job.error, job.progress, job.attempts) == ("running", me, None, 0.0, 0)
    assert job.finished_at is None and len(queue.jobs()) == 1


def test_taking_what_somebody_works_on_changes_nothing(queue, me):
    submit(queue, "a")
    queue.claim("boot/1/1", oldest)
    for _ in range(2):  # running, then stopping
        before = queue.job("a")
        assert queue.take(me, "a", "train", "a", {}) == before == queue.job("a")
        queue.request_stop("a")


def test_taking_a_measurement_waits_for_those_of_its_protocol(queue, me):
    ball, weaker = {"threat": {"epsilon": 0.3}, "samples": 9, "seed": 0}, {"threat": {"epsilon": 0.1}}
    queue.submit("a--paper", "evaluate", "a", {**ball, "attacks": ["pgd"]})
    queue.claim("boot/1/1", everything)
    other = queue.take(me, "a--strong", "evaluate", "a", {**ball, "attacks": ["square"]})
    assert other is not None and other.job_id == "a--paper" and queue.job("a--strong") is None
    assert queue.take(me, "a--weaker", "evaluate", "a", {**ball, **weaker}) is None
    assert queue.take(me, "b--paper", "evaluate", "b", ball) is None


# many at once


def claim_all(path, owner: str, found) -> None:
    queue = RunQueue(path)
    while jobs := queue.claim(owner, oldest):
        found.put([job.job_id for job in jobs])
    found.put(None)


def test_twenty_submitters_of_a_fresh_store_make_one_row(queue):
    start = threading.Barrier(20)

    def ask(_):
        start.wait()
        return queue.submit("a", "train", "a", {})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert Counter(answers) == {True: 1, False: 19} and len(queue.jobs()) == 1


def test_eight_claimers_get_each_job_once(queue):
    names = [f"job-{number}" for number in range(24)]
    submit(queue, *names)
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    claimers = [
        context.Process(target=claim_all, args=(queue.path.parent, f"boot/{number}/0", found)) for number in range(8)
    ]
    for process in claimers:
        process.start()
    claimed, ended = [], 0
    while ended < 8:
        answer = found.get(timeout=60)
        ended += answer is None
        claimed += answer or []
    for process in claimers:
        process.join()
    assert sorted(claimed) == sorted(names)


def claim_until(path, owner: str, end, found) -> None:
    queue = RunQueue(path)
    claimed = []
    while not end.is_set():
        claimed += [job.job_id for job in queue.claim(owner, oldest)]
    found.put(claimed)


def test_no_worker_claims_what_is_taken(queue, me):
    """Four workers look for jobs without a pause while forty are submitted and taken."""
    context = multiprocessing.get_context("fork")
    found, end = context.Queue(), context.Event()
    submit(queue, "bait")
    workers = [
        context.Process(target=claim_until, args=(queue.path.parent, f"boot/{number}/0", end, found))
        for number in range(4)
    ]
    for process in workers:
        process.start()
    while status(queue, "bait") == "queued":
        time.sleep(0.01)
    names = [f"run-{number}" for number in range(40)]
    assert [queue.take(me, name, "train", name, {}) for name in names] == [None] * 40
    end.set()
    claimed = [job_id for _ in workers for job_id in found.get(timeout=60)]
    for process in workers:
        process.join()
    assert claimed == ["bait"]
    assert {job.owner for job in queue.jobs() if job.job_id != "bait"} == {me}


def test_a_writer_killed_in_the_middle_leaves_the_queue_usable(queue):
    """Twelve times SIGKILL among acknowledged submissions: every acknowledged one is there."""
    code = (
        "import sys, itertools; from pathlib import Path; from engine.queue.run_queue import RunQueue\n"
        "queue = RunQueue(Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    queue.submit(f'{sys.argv[2]}-{n}', 'train', 'a', {}); print(f'{sys.argv[2]}-{n}', flush=True)"
    )
    acknowledged = set()
    for trial in range(3):
        words = [sys.executable, "-c", code, str(queue.path.parent), str(trial)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=os.getcwd()) as writer:
            acknowledged |= {writer.stdout.readline().strip() for _ in range(5 + trial)}
            writer.send_signal(signal.SIGKILL)
            acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
    assert acknowledged <= {job.job_id for job in queue.jobs()} and len(acknowledged) >= 18
    assert queue.submit("after", "train", "a", {})


# the dead and the stubborn


def test_a_dead_owner_is_noticed_and_its_job_waits_again(queue, dead, me):
    submit(queue, "a")
    queue.claim(dead, oldest)
    queue.reconcile()
    job = queue.job("a")
    assert (job.status, job.owner, job.attempts) == ("interrupted", None, 1)
    assert not queue.release(dead, "a", "finished"), "the dead have no say"
    assert queue.claim(me, oldest)[0].attempts == 1


def test_at_most_three_automatic_resumes(queue, dead):
    submit(queue, "a")
    for attempt in range(AUTOMATIC_RESUMES):
        assert queue.claim(dead, oldest)
        queue.reconcile()
        assert (status(queue), queue.job("a").attempts) == ("interrupted", attempt + 1)
    assert queue.claim(dead, oldest)
    queue.reconcile()
    assert status(queue) == "failed" and "died 4 times" in queue.job("a").error
    assert queue.resume("a") and queue.job("a").attempts == 0, "a person may try again"


def test_a_stopping_job_of_a_dead_owner_is_stopped(queue, dead):
    submit(queue, "a")
    queue.claim(dead, oldest)
    queue.request_stop("a")
    queue.reconcile()
    job = queue.job("a")
    assert (job.status, job.attempts, job.stop_requested_at) == ("stopped", 0, None)


def test_the_living_are_left_alone(queue, me):
    submit(queue, "a", "b")
    queue.claim(me, everything)
    queue.request_stop("b")
    put(queue, heartbeat=0.0)  # however long ago: the process is there
    queue.reconcile()
    assert (status(queue, "a"), status(queue, "b")) == ("running", "stopping")


def test_a_number_used_again_is_not_the_owner(queue, me):
    submit(queue, "a")
    boot, pid, start, namespace = me.split("/")
    queue.claim(f"{boot}/{pid}/{int(start) - 1}/{namespace}", oldest)
    queue.request_stop("a")
    put(queue, stop_requested_at=0.0)
    queue.reconcile()
    assert status(queue) == "stopped", "and this process, which has the number now, was not killed"


def test_an_owner_elsewhere_is_judged_by_its_heartbeat(queue):
    submit(queue, "a")
    queue.claim("another-boot/1/1", oldest)
    queue.reconcile()
    assert status(queue) == "running"
    put(queue, heartbeat=time.time() - liveness.FOREIGN_AGE - 1)
    queue.reconcile()
    assert status(queue) == "interrupted"


def test_an_owner_that_does_not_obey_is_killed(queue, stubborn):
    submit(queue, "a")
    queue.claim(process_identity(stubborn.pid), oldest)
    queue.request_stop("a")
    queue.reconcile()
    assert stubborn.poll() is None and status(queue) == "stopping", "first it has time to obey"
    put(queue, stop_requested_at=time.time() - liveness.STOP_GRACE - 1)
    queue.reconcile()
    assert stubborn.wait(timeout=10) == -signal.SIGKILL and status(queue) == "stopped"


def test_a_persons_own_process_is_never_killed(queue, stubborn):
    owner = f"{process_identity(stubborn.pid)}/interactive"
    queue.take(owner, "a", "train", "a", {})
    queue.request_stop("a")
    put(queue, stop_requested_at=time.time() - liveness.STOP_GRACE - 1)
    queue.reconcile()
    assert stubborn.poll() is None and status(queue) == "stopping"
    put(queue, beat_clock=time.monotonic() - liveness.SILENCE - 1)
    queue.reconcile()
    assert stubborn.poll() is None and status(queue) == "stopped", "it does not work on the job any more"


def test_a_persons_own_process_that_no_longer_reports_has_left_its_job(queue, dead, stubborn):
    queue.take(f"{process_identity(stubborn.pid)}/interactive", "a", "train", "a", {})
    queue.take(f"{dead}/interactive", "b", "train", "b", {})
    queue.reconcile()
    assert (status(queue, "a"), status(queue, "b")) == ("running", "interrupted")
    put(queue, beat_clock=time.monotonic() - liveness.SILENCE - 1)
    queue.reconcile()
    assert status(queue, "a") == "interrupted"


# the file


def test_a_newer_queue_is_left_alone(queue):
    submit(queue, "a")
    with sqlite3.connect(queue.path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = queue.path.read_bytes()
    for ask in (
        queue.jobs,
        queue.reconcile,
        lambda: queue.submit("b", "train", "b", {}),
        lambda: queue.has(["queued"]),
    ):
        with pytest.raises(InputError, match=f"{SCHEMA_VERSION + 1}.*nothing was changed"):
            ask()
    assert queue.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"\0" * 4096], ids=["text", "zeros"])
def test_a_damaged_queue_is_named_and_kept(queue, content):
    queue.path.write_bytes(content)
    for ask in (queue.jobs, lambda: queue.submit("b", "train", "b", {}), lambda: queue.has(["queued"])):
        with pytest.raises(InputError) as caught:
            ask()
        assert "queue.sqlite" in str(caught.value) and "\n" not in str(caught.value)
    assert queue.rates() == {} and readable_jobs(queue) == ([], str(caught.value))
    assert queue.path.read_bytes() == content


def test_durable_settings(queue):
    submit(queue, "a")
    with sqlite3.connect(queue.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()


def test_rates(queue):
    assert queue.rates() == {}
    queue.record_rate("cpu:1x28x28", 100.0)
    queue.record_rate("cpu:1x28x28", 200.0)
    queue.record_rate("cpu:3x32x32", 50.0)
    assert queue.rates() == {"cpu:1x28x28": 200.0, "cpu:3x32x32": 50.0}


def test_jobs_of_some_ids_and_of_some_runs(queue):
    for job_id, kind, run_id in (
        ("a", "train", "a"),
        ("b", "train", "b"),
        ("a:e", "evaluate", "a"),
        ("b:e", "curve", "b"),
    ):
        queue.submit(job_id, kind, run_id, {})

    def found(**wanted) -> list[str]:
        return [job.job_id for job in queue.jobs(**wanted)]

    assert found() == ["b:e", "a:e", "b", "a"], "newest first"
    assert found(ids=["a", "b:e", "absent"]) == ["b:e", "a"] and found(ids=[]) == []
    assert found(run_ids=iter(["a"])) == ["a:e", "a"] and found(run_ids=[]) == []
    assert found(ids=["a", "b"], run_ids=["b"]) == ["b"]
    queue.request_stop("a")
    stopped = [job.job_id for job in queue.jobs() if job.status == "stopped"]
    assert stopped == ["a:e", "a"], "measurements stop with the training they wait for"
    assert [(job.job_id, job.status) for job in queue.unended()] == [("b:e", "queued"), ("b", "queued")]
    many = [f"{number}" for number in range(40_000)]
    assert found(ids=[*many, "a"]) == ["a"]
