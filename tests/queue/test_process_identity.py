"""Who is alive: a number alone proves nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.queue import process_identity as module
from engine.queue.process_identity import (
    interactive_identity,
    is_alive,
    is_interactive,
    is_suspended,
    pid_of,
    process_identity,
)


def forged(identity: str, **changes: str) -> str:
    boot, pid, start, namespace = identity.split("/")
    parts = {"boot": boot, "pid": pid, "start": start, "namespace": namespace} | changes
    return "/".join(parts.values())


def test_this_process_is_alive():
    identity = process_identity()
    assert is_alive(identity) is True and pid_of(identity) == os.getpid()
    assert process_identity() == identity == process_identity(os.getpid())


def test_another_process_lives_and_dies():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = process_identity(child.pid)
    assert is_alive(identity) is True and identity != process_identity()
    child.kill()
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        pass
    assert is_alive(identity) is False, "a zombie does no work"
    child.communicate()
    assert is_alive(identity) is False and process_identity(child.pid) is None


def test_a_number_used_again_is_another_process():
    identity = process_identity()
    start = int(identity.split("/")[2])
    for other in (start - 1, start + 1, 0):
        assert is_alive(forged(identity, start=str(other))) is False


def test_another_boot_or_machine_cannot_be_known():
    assert is_alive(forged(process_identity(), boot="0000")) is None


def test_a_persons_own_process_says_so():
    identity = interactive_identity()
    assert identity == f"{process_identity()}/interactive" and is_interactive(identity)
    assert is_alive(identity) is True and pid_of(identity) == os.getpid()
    assert not is_interactive(process_identity())
    assert is_alive(f"{forged(process_identity(), start='0')}/interactive") is False


def test_a_process_that_ends_while_being_read(monkeypatch):
    """/proc then says ESRCH instead of ENOENT."""
    identity = process_identity()
    real = Path.read_text

    def vanished(path, *args, **options):
        if path.name == "stat":
            raise ProcessLookupError(3, "No such process")
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", vanished)
    assert is_alive(identity) is False


def test_a_process_name_with_spaces_and_brackets(tmp_path):
    """The second field of /proc/PID/stat is whatever the process calls itself."""
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([program, "60"])
    try:
        assert is_alive(process_identity(child.pid)) is True
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("pid", [2**22 + 1, 0])
def test_no_such_process(pid):
    assert process_identity(pid) is None


def test_identities_have_four_parts():
    assert len(process_identity().split("/")) == 4 and module._boot_id()


def test_a_process_of_another_container_cannot_be_known():
    assert is_alive(forged(process_identity(), namespace="1")) is None
    assert is_alive(f"{forged(process_identity(), namespace='1')}/interactive") is None


def test_an_identity_of_an_earlier_version_has_no_namespace():
    earlier = process_identity().rpartition("/")[0]
    assert is_alive(earlier) is True and is_alive(f"{earlier}/interactive") is True


@pytest.mark.parametrize("garbage", ["", "x", "/", "a/b/c", "a/1", "\0" * 40, "/////"])
def test_garbage_is_nobody(garbage):
    assert is_alive(garbage) is None and pid_of(garbage) == 0 and not is_suspended(garbage)


def test_a_system_without_namespaces(monkeypatch):
    def missing(path):
        raise FileNotFoundError(path)

    module._namespace.cache_clear()
    monkeypatch.setattr(os, "readlink", missing)
    try:
        assert len(process_identity().split("/")) == 3 and is_alive(process_identity()) is True
    finally:
        module._namespace.cache_clear()


def test_a_suspended_process_is_alive():
    child = subprocess.Popen(["sleep", "60"])
    try:
        identity = process_identity(child.pid)
        assert not is_suspended(identity)
        os.kill(child.pid, signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        assert is_suspended(identity) and is_alive(identity) is True
    finally:
        child.kill()
        child.wait()
