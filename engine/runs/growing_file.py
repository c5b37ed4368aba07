"""Growing file: a file that a writer appends to, of which every byte is read once."""

import os
import stat
from pathlib import Path

from engine.documents import open_at_once

TAIL = 64
"""Bytes before the offset that are compared at every look: a file that was cut and grew again has others."""


class GrowingFile:
    """What was appended to a file since the last look; it starts over if the file was cut or replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset, self.inode, self._tail = 0, 0, b""

    def look(self, most: int = -1) -> tuple[bool, bytes]:
        """Whether it starts over, and the bytes after those that were taken, at most `most`.

        A missing file is empty.

        Raises:
            OSError: the file exists, but cannot be read, or is no regular file.
        """
        try:
            with open(self.path, "rb", opener=open_at_once) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(f"{self.path} is no regular file")
                file.seek(max(0, self.offset - len(self._tail)))
                is_same = found.st_ino == self.inode and found.st_size >= self.offset
                is_same = is_same and file.read(len(self._tail)) == self._tail
                starts_over = self._start_over() if not is_same else False
                self.inode = found.st_ino
                file.seek(self.offset)
                return starts_over, file.read(most)
        except FileNotFoundError:
            return self._start_over(), b""

    def take(self, content: bytes) -> None:
        """Count these bytes, the first of those that `look` returned, as read."""
        self.offset += len(content)
        self._tail = (self._tail + content[-TAIL:])[-TAIL:]

    def _start_over(self) -> bool:
        had_content = self.offset > 0
        self.offset, self.inode, self._tail = 0, 0, b""
        return had_content
