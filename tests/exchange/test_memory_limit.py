"""The ceiling holds inside, for Python and for torch, and is gone afterwards, also after an error."""

import resource
from threading import Event, Thread

import pytest
import torch

from engine.exchange import memory_limit as memory_limit_module
from engine.exchange.memory_limit import memory_limit


def test_what_goes_beyond_fails():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with memory_limit(2**28):
        with pytest.raises(MemoryError):
            bytearray(2**30)
        with pytest.raises(RuntimeError, match="allocate"):
            torch.empty(2**28)
        assert len(bytearray(2**24)) == 2**24
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert len(bytearray(2**29)) == 2**29


def test_an_error_inside_lifts_it_too():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(KeyError), memory_limit(2**20):
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_threads_do_not_leave_their_limits_behind():
    """Were both inside at once, the second would restore the first one's limit."""
    before, inside, leave = resource.getrlimit(resource.RLIMIT_DATA), Event(), Event()

    def second():
        with memory_limit(2**28):
            inside.set()
            leave.wait(10)

    with memory_limit(2**28):
        thread = Thread(target=second)
        thread.start()
        assert not inside.wait(0.3)
    assert inside.wait(10)
    leave.set()
    thread.join(10)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.parametrize("cause", ["no field", "refused"])
def test_a_system_that_cannot_limit_memory_reads_without_a_limit(monkeypatch, cause):
    """MacOS does not tell a process's private memory; a system may also refuse the limit."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    if cause == "no field":
        monkeypatch.setattr(memory_limit_module.psutil.Process, "memory_info", lambda self: (2**20, 2**30))
    else:

        def refuse(*_):
            raise ValueError("current limit exceeds maximum limit")

        monkeypatch.setattr(memory_limit_module.resource, "setrlimit", refuse)
    with memory_limit(2**20):
        assert len(bytearray(2**26)) == 2**26
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
