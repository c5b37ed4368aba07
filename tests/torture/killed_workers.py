"""SIGKILL to workers and their processes while they train and attack."""

import os
import signal
import time
from collections.abc import Callable, Iterator

from engine.measurements.kinds import measure
from engine.queue.client import worker_identity
from engine.queue.job import ACTIVE
from engine.queue.process_identity import is_alive, pid_of
from engine.queue.submission import submit_measurement
from engine.studies.study import submit_study
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import save_sweep
from tests.torture.bench import Bench, wait_until
from tests.torture.contents import assert_same, assert_whole, contents
from tests.torture.fault import Attempt, fault
from tests.torture.stores import EVALUATION, LONG, TRAINING, config, finished_runs
from tests.torture.workers import Workshop, assert_as_apart, trained_apart, workshop

PAIR = [config(10, LONG), config(11, LONG)]


def trained_under(bench: Bench, disturb: Callable[[Workshop, str], object]) -> Iterator[Attempt]:
    """Tries: two runs in training are disturbed at a random snapshot of one of them, and end as if undisturbed."""
    expected = trained_apart(bench, PAIR)

    def attempt(snapshots: int, which: int) -> None:
        with workshop(bench, bench.empty()) as shop:
            run_ids = shop.launch(PAIR)
            shop.until_recorded(run_ids[which], snapshots)
            disturb(shop, run_ids[which])
            shop.until_finished(run_ids)
            assert_as_apart(shop.laboratory, expected)

    while True:
        snapshots, which = bench.random.randint(0, 8), bench.random.randrange(2)
        yield lambda snapshots=snapshots, which=which: attempt(snapshots, which)


@fault("SIGKILL to a process that trains")
def process(bench: Bench) -> Iterator[Attempt]:
    return trained_under(bench, lambda shop, run_id: shop.kill_owner(run_id))


@fault("SIGKILL to the worker")
def supervisor(bench: Bench) -> Iterator[Attempt]:
    def disturb(shop: Workshop, run_id: str) -> None:
        jobs = shop.laboratory.queue.jobs()
        _kill_worker(shop, os.kill)
        owners = [job.owner for job in jobs if job.owner]
        wait_until(lambda: not any(map(is_alive, owners)), "the end of the worker's processes")
        shop.start()

    return trained_under(bench, disturb)


@fault("SIGKILL to the worker and its processes")
def both(bench: Bench) -> Iterator[Attempt]:
    def disturb(shop: Workshop, run_id: str) -> None:
        _kill_worker(shop, os.killpg)
        shop.start()

    return trained_under(bench, disturb)


def _kill_worker(shop: Workshop, kill: Callable[[int, int], object]) -> None:
    pid = pid_of(worker_identity(shop.laboratory.root) or "")
    kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@fault("SIGKILL to a process that attacks")
def evaluation(bench: Bench) -> Iterator[Attempt]:
    original, request = finished_runs(bench), EVALUATION
    run_ids = [config(0).run_id, config(1).run_id]
    undisturbed = bench.copy(original)
    for run_id in run_ids:
        payload = request.model_dump(mode="json")
        measure(undisturbed.store, "evaluate", run_id, payload, undisturbed.data, "cpu", lambda *_: None)
    expected = contents(undisturbed.root)

    def attempt(wait: float) -> None:
        with workshop(bench, bench.copy(original)) as shop:
            laboratory = shop.laboratory
            jobs = [
                submit_measurement(laboratory.store, laboratory.queue, run_id, request, laboratory.place)
                for run_id in run_ids
            ]
            wait_until(lambda: shop.status(jobs[0]) in (*ACTIVE, "finished"), "the first attack")
            time.sleep(wait)
            shop.kill_owner(jobs[0])
            shop.until_finished(jobs)
            assert_whole(laboratory)
            assert_same(contents(laboratory.root), expected)

    while True:
        wait = bench.random.uniform(0.0, 0.5)
        yield lambda wait=wait: attempt(wait)


@fault("SIGKILL during a sweep")
def sweep(bench: Bench) -> Iterator[Attempt]:
    request = SweepRequest(
        l1_strengths=(0.0, 0.02), mus=(0.03,), seeds=(0,), training=TRAINING, attacks=("fgsm",), samples=30
    )
    original = finished_runs(bench)
    expected: dict = {}

    def run(kills: int) -> dict:
        with workshop(bench, bench.copy(original)) as shop:
            laboratory = shop.laboratory
            save_sweep(laboratory.store, request)
            submit_study(laboratory.store, laboratory.queue, request.study, [], laboratory.place)
            jobs = [job.job_id for job in laboratory.queue.jobs() if job.status != "finished"]
            for _ in range(kills):
                chosen = bench.random.choice(jobs)
                wait_until(lambda chosen=chosen: shop.status(chosen) in (*ACTIVE, "finished"), "a job")
                time.sleep(bench.random.uniform(0.0, 0.3))
                shop.kill_owner(chosen)
            shop.until_finished(jobs)
            assert_whole(laboratory)
            return contents(laboratory.root)

    expected = run(0)
    while True:
        yield lambda: assert_same(run(1), expected)
