"""The systems that the laboratory runs on. No imports beyond the standard library of any system."""

import sys


def require_file_locks() -> None:
    """Exit with a sentence where the system has no POSIX file locks, which the store needs."""
    try:
        import fcntl  # noqa: F401  only its presence counts; Windows has none
    except ImportError:
        print("The Min-Max laboratory needs Linux or macOS; on Windows, use WSL or Docker.", file=sys.stderr)
        raise SystemExit(2) from None
