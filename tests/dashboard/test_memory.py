"""Memory: one limit for all, the least recently used is forgotten first, threads read once."""

import threading

import numpy as np
import pytest

from dashboard.memory import LIMIT, MEMORY, Memory, bytes_of, remembered, remembered_by_identity


def test_the_least_recently_used_is_forgotten_first():
    memory, reads = Memory(10_000), []

    def value(name):
        return memory.value(name, lambda: reads.append(name) or np.zeros(3000, np.uint8))

    for name in "abcabc":
        value(name)
    value("a")
    assert reads == ["a", "b", "c"] and memory.used == 9000
    value("d")
    assert memory.used == 9000
    value("a"), value("c"), value("b")
    assert reads == ["a", "b", "c", "d", "b"]


def test_a_value_that_grows_makes_others_go():
    class Growing:
        nbytes = 100

    memory, growing, reads = Memory(1000), Growing(), []
    memory.value("other", lambda: reads.append(1) or np.zeros(800, np.uint8))
    memory.value("growing", lambda: growing)
    growing.nbytes = 500
    memory.value("growing", lambda: None)
    assert memory.used == 500
    memory.value("other", lambda: reads.append(2) or np.zeros(800, np.uint8))
    assert reads == [1, 2]


def test_a_failed_reading_is_not_kept():
    memory = Memory(1000)
    with pytest.raises(ValueError):
        memory.value("a", lambda: int("x"))
    assert memory.value("a", lambda: 3) == 3


def test_threads_share_one_reading():
    memory, gate, reads = Memory(1000), threading.Barrier(5), []

    def read():
        gate.wait()
        memory.value("a", lambda: reads.append(1) or 5)

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads == [1]


def test_the_estimate_counts_what_a_value_refers_to():
    assert bytes_of(np.zeros(1000)) == 8000
    shared = np.zeros(1000)
    assert 8000 < bytes_of({"a": shared, "b": [shared, shared]}) < 9000


def test_all_caches_of_the_dashboard_share_one_limit():
    calls = []

    @remembered
    def read(name: str) -> np.ndarray:
        calls.append(name)
        return np.zeros(1000)

    before = MEMORY.used
    assert read("a") is read("a") and calls == ["a"] and MEMORY.used >= before + 8000
    assert MEMORY.limit == LIMIT


def test_the_same_objects_give_the_same_result_and_equal_ones_another():
    calls = []

    @remembered_by_identity
    def joined(arrays, title: str, by_name):
        calls.append(title)
        return [*arrays, *by_name.values()]

    first, second = np.zeros(3), np.zeros(3)
    assert joined([first], "a", {"x": second}) is joined((first,), "a", {"x": second})
    joined([second], "a", {"x": second}), joined([first], "b", {"x": second}), joined([first], "a", {"y": second})
    joined([first], "a", {"x": first})
    assert calls == ["a", "a", "b", "a", "a"]


def test_no_other_object_gets_the_id_of_one_that_a_result_came_from():
    @remembered_by_identity
    def total(arrays) -> float:
        return float(arrays[0].sum())

    assert [total([np.full(3, float(value))]) for value in range(50)] == [3.0 * value for value in range(50)]
