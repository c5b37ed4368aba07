"""Commands in a mount namespace of their own: read-only mounts, and another user; skipped where that is forbidden."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def namespace(script: str) -> list[str]:
    """Command that runs a shell script in a mount namespace of its own, with the words after it as its arguments."""
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-euc"]
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare (util-linux)")
    probe = subprocess.run([*words, "mount -t tmpfs none /mnt"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"mounting is forbidden here: {probe.stderr.strip()}")
    return [*words, script, "sh"]


def read_only(folder: Path) -> str:
    """Shell commands that mount a folder read-only onto itself."""
    return f'mount --bind "{folder}" "{folder}"; mount -o remount,bind,ro "{folder}"; ! touch "{folder}/x" 2>&-; '


def as_another_user() -> list[str]:
    """Command that runs another one as user 1234 from a read-only checkout, without a home directory."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv, to become another user")
    become = 'cd "$PWD"; exec setpriv --reuid 1234 --regid 1234 --clear-groups env -u HOME "$@"'
    words = namespace(read_only(ROOT) + _readable(Path(sys.base_prefix)) + become)
    probe = subprocess.run([*words, sys.executable, "-c", "import engine"], cwd=ROOT, capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"another user may not read this checkout or its Python: {probe.stderr.strip()[-200:]}")
    return words


def _readable(python: Path) -> str:
    """Shell commands that make Python reachable where it lies in a private folder, such as root's home."""
    hidden = next((folder for folder in reversed(python.parents) if not folder.stat().st_mode & 0o001), None)
    if hidden is None:
        return ""
    spare = f'spare=$(mktemp -d); mount --bind "{python}" "$spare"; mount -t tmpfs -o mode=755 none "{hidden}"; '
    return spare + f'mkdir -p "{python}"; mount --bind "$spare" "{python}"; umount "$spare"; rmdir "$spare"; '
