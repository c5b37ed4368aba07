"""Open all pages read-only in a process of its own, and print as JSON what they showed and what they tried to change.

Usage: python -m tests.dashboard.read_only_walk STORE
"""

import json
import os
import sys
from pathlib import Path

CHANGES = {
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime"),
    *("os.chmod", "os.chown", "os.kill", "os.killpg", "subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec"),
}
ALLOWED = ("/dev/null", "/dev/shm/queue-", "/memfd:")
"""The last but one: a private copy of the queue in memory."""


def place(words: tuple) -> str:
    """Path that an event is about; rmtree removes relative to an open folder, the second word."""
    inside = len(words) == 2 and isinstance(words[1], int) and words[1] > 2
    return f"{os.readlink(f'/proc/self/fd/{words[1]}')}/{words[0]}" if inside else str(words[0])


def watch(changes: list[str]) -> None:
    """Record what this process changes from now on, in files or in other processes."""

    def hook(event: str, words: tuple) -> None:
        if event == "open":
            path, mode, flags = words
            writes = (
                any(letter in mode for letter in "wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            if writes and not isinstance(path, int) and not str(path).startswith(ALLOWED):
                changes.append(f"open {path} {mode} {flags}")
        elif event in CHANGES and not place(words).startswith(ALLOWED):
            changes.append(f"{event} {words}")
        elif event == "sqlite3.connect" and not str(words[0]).startswith((":memory:", *ALLOWED)):
            changes.append(f"{event} {words}")

    sys.addaudithook(hook)


def main() -> None:
    store = Path(sys.argv[1])
    os.environ |= {"MINMAX_STORE": str(store), "MINMAX_DATA": str(store / "data"), "MINMAX_READ_ONLY": "1"}
    sys.dont_write_bytecode = True
    from streamlit.testing.v1 import AppTest  # after the environment is set

    from dashboard.navigation import PAGES
    from dashboard.server.serving import ensure_home

    ensure_home()
    changes: list[str] = []
    watch(changes)
    shown = {}
    for name, script in PAGES.items():
        app = AppTest.from_file(Path(__file__).parents[2] / "dashboard" / "app.py", default_timeout=120).run()
        app = app if name == "home" else app.switch_page(script).run()
        texts = [str(one.value) for kind in ("title", "info", "error", "caption", "markdown") for one in app.get(kind)]
        shown[name] = {"failed": [one.message for one in app.exception], "text": " ".join(texts)}
    print(json.dumps({"shown": shown, "changes": changes}))


if __name__ == "__main__":
    main()
