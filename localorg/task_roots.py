"""Unpacked Lambda zips: one directory per content, which is the `/var/task` of every function with that content."""

import importlib.util
import io
import os
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

MANY_FILES = 100  # more new files than a handler's own: third parties' code that other zips carry too


class TaskRoots:
    """A directory of unpacked zips; equal files of different zips are one file on disk, and are compiled once."""

    def __init__(self) -> None:
        """Make the directory, which lives as long as the gateway."""
        self._directory = Path(tempfile.mkdtemp(prefix="localorg-tasks-"))
        self._first_copies: dict[tuple[str, int, int], Path] = {}
        self._lock = threading.Lock()

    def unpack(self, name: str, code: bytes, warm: Callable[[Path], None]) -> Path:
        """The directory with the zip's files, unpacked at its first use.

        `warm` then imports them; the next zip waits for that if it may find its byte code there.
        """
        root = self._directory / name
        with self._lock:
            if not root.exists():
                part = root.with_suffix(".part")
                known = len(self._first_copies)
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    for member in archive.infolist():
                        self._place(archive, member, part, root)
                part.rename(root)
                if len(self._first_copies) - known > MANY_FILES:
                    warm(root)
        return root

    def remove(self) -> None:
        """Delete everything that was unpacked."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _place(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, part: Path, root: Path) -> None:
        key = (member.filename, member.CRC, member.file_size)
        first = self._first_copies.get(key)
        if first is None or member.is_dir():
            path = Path(archive.extract(member, part))
            self._first_copies.setdefault(key, root / path.relative_to(part))
            return
        _link(first, part / first.relative_to(self._directory).relative_to(first.relative_to(self._directory).parts[0]))


def _link(first: Path, path: Path) -> None:
    """Give `path` the first copy's content, and its byte code where there is some already; the zip's own wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.link(first, path)
    compiled = Path(importlib.util.cache_from_source(str(first)))
    if first.suffix == ".py" and compiled.exists():
        target = path.parent / compiled.parent.name / compiled.name
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            target.hardlink_to(compiled)
