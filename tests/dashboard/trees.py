"""Everything in a folder, to be compared before and after."""

from pathlib import Path

Entry = tuple[int, int, bytes]


def tree(root: Path) -> dict[str, Entry]:
    """Name of each file and folder -> modification time, mode, and content."""
    return {str(path.relative_to(root)): _entry(path) for path in (root, *sorted(root.rglob("*")))}


def _entry(path: Path) -> Entry:
    found = path.lstat()
    return found.st_mtime_ns, found.st_mode, path.read_bytes() if path.is_file() else b""
