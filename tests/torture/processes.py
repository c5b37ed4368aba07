"""Suspended processes, clocks that are set, many launches at once, and what stands in the worker's lock."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from random import Random

from engine.__main__ import main
from engine.queue.client import LOCK, worker_identity
from engine.queue.process_identity import is_alive, pid_of
from engine.queue.submission import retry_run, submit_runs
from engine.runs.run_files import ENVIRONMENT, read_json
from tests.torture.bench import Bench, Laboratory, wait_until
from tests.torture.child import in_child, started
from tests.torture.fault import Attempt, fault
from tests.torture.killed_workers import PAIR, trained_under
from tests.torture.stores import LONG, config
from tests.torture.workers import Workshop, assert_as_apart, trained_apart, workshop


@fault("a process that trains is suspended")
def suspended(bench: Bench) -> Iterator[Attempt]:
    def disturb(shop: Workshop, run_id: str) -> None:
        job = shop.laboratory.queue.job(run_id)
        if job and job.owner:
            _suspend(pid_of(job.owner), bench.random.uniform(0.2, 1.5))

    return trained_under(bench, disturb)


@fault("the worker is suspended")
def worker_suspended(bench: Bench) -> Iterator[Attempt]:
    def disturb(shop: Workshop, run_id: str) -> None:
        _suspend(pid_of(worker_identity(shop.laboratory.root) or ""), bench.random.uniform(0.2, 1.5))

    return trained_under(bench, disturb)


def _suspend(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


@fault("the clock is set forward and back while runs train")
def clock(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, PAIR)

    def attempt(number: int) -> None:
        with workshop(bench, bench.empty(), before=lambda: _jump(Random(number))) as shop:
            run_ids = shop.launch(PAIR)
            shop.until_finished(run_ids)
            jobs = [shop.laboratory.queue.job(run_id) for run_id in run_ids]
            assert all(job and job.attempts == 0 for job in jobs), "a change of the clock counted as a death"
            assert_as_apart(shop.laboratory, expected)

    while True:
        number = bench.random.randrange(2**30)
        yield lambda number=number: attempt(number)


def _jump(random: Random) -> None:
    """Set the clock of this process and of those it starts forward or back by up to two hours, several times."""
    real, offsets = time.time, [0.0, *(random.uniform(-7200, 7200) for _ in range(20))]
    time.time = lambda: real() + offsets[int(time.monotonic() / 0.2) % len(offsets)]


@fault("eight launches of one run at once")
def launches(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, [config(10, LONG)])

    def attempt() -> None:
        with workshop(bench, bench.empty()) as shop:
            laboratory = shop.laboratory
            ids = [started(lambda: _launch(laboratory), bench.folder / f"launch{number}.log") for number in range(8)]
            codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in ids]
            told = [(bench.folder / f"launch{number}.log").read_text() for number in range(8)]
            assert codes == [0] * 8 and not any("Traceback" in one for one in told), told
            run_id = config(10, LONG).run_id
            shop.until_finished([run_id])
            assert len(laboratory.queue.jobs()) == 1
            sessions = (read_json(laboratory.root / run_id / ENVIRONMENT) or {})["sessions"]
            assert len(sessions) == 1, "it was trained more than once"
            assert_as_apart(laboratory, expected)

    while True:
        yield attempt


def _launch(laboratory: Laboratory) -> None:
    submit_runs(laboratory.store, laboratory.queue, [config(10, LONG)], laboratory.place)


@fault("storms of stops and resumes")
def storms(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, PAIR)

    def attempt() -> None:
        with workshop(bench, bench.empty()) as shop:
            laboratory, run_ids = shop.laboratory, shop.launch(PAIR)
            for _ in range(12):
                run_id = bench.random.choice(run_ids)
                if bench.random.random() < 0.5:
                    laboratory.queue.request_stop(run_id)
                else:
                    retry_run(laboratory.store, laboratory.queue, run_id, laboratory.place)
                time.sleep(bench.random.choice((0.0, 0.0, 0.05, 0.3)))
            for run_id in run_ids:
                wait_until(lambda run_id=run_id: shop.status(run_id) != "stopping", "the stop")
                retry_run(laboratory.store, laboratory.queue, run_id, laboratory.place)
            shop.until_finished(run_ids)
            assert_as_apart(laboratory, expected)

    while True:
        yield attempt


@fault("several workers at once")
def workers(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, PAIR)

    def attempt() -> None:
        with workshop(bench, bench.empty()) as shop:
            laboratory, run_ids = shop.laboratory, shop.launch(PAIR)
            first = worker_identity(laboratory.root)
            for number in range(2):
                ending = in_child(lambda: _refused(laboratory), bench.folder / f"worker{number}.log")
                assert "A worker is already running" in ending.said, ending.said
            assert worker_identity(laboratory.root) == first and is_alive(first or "")
            shop.until_finished(run_ids)
            assert_as_apart(laboratory, expected)

    while True:
        yield attempt


def _refused(laboratory: Laboratory) -> None:
    """The command `worker`, which must end with code 2."""
    assert main(["worker", *laboratory.folders]) == 2


LOCKS: tuple[Callable[[Random], bytes], ...] = (
    lambda random: random.randbytes(random.randrange(1, 300)),
    lambda random: b"",
    lambda random: b"4711",
    lambda random: b"a/b/c/d/e",
    lambda random: b"////",
    lambda random: b"boot/-1/1/1",
    lambda random: f"{'9' * 5000}/1/1".encode(),
    lambda random: f"other-boot/{random.randrange(1, 9999)}/{random.randrange(10**9)}/1".encode(),
)


@fault("garbage in the worker's lock", tries=24)
def locks(bench: Bench) -> Iterator[Attempt]:
    expected = trained_apart(bench, PAIR[:1])

    def attempt(content: bytes) -> None:
        laboratory = bench.empty()
        (laboratory.root / LOCK).write_bytes(content)
        os.utime(laboratory.root / LOCK, (0, 0))
        assert worker_identity(laboratory.root) is None
        with workshop(bench, laboratory) as shop:
            run_ids = shop.launch(PAIR[:1])
            shop.until_finished(run_ids)
            assert_as_apart(laboratory, expected)

    while True:
        for make in LOCKS:
            yield lambda make=make: attempt(make(bench.random))
