"""Pictures that come into a folder, each once it is whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inference.edge.waiting import File

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
REFUSED = "refused"
"""The folder inside the watched one where files go that are no picture."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A file that nobody writes to any more; `taken_at` is when it was last written, in seconds since 1970."""

    file: File
    path: Path
    taken_at: float


class Folder:
    """A watched folder of one source. A file is whole once size and time stayed the same for `settle_seconds`; what
    begins with a dot or ends otherwise than a picture is left alone, so that a writer may rename when done."""

    def __init__(
        self,
        source: str,
        path: Path,
        *,
        settle_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source, self.path = source, path
        self._settle, self._monotonic = settle_seconds, monotonic
        self._seen: dict[str, tuple[int, int, float]] = {}
        self._left: dict[str, File] = {}

    def settled(self) -> Iterator[Settled]:
        """The files that are whole, the oldest first. Raises OSError where the folder cannot be read."""
        now, found = self._monotonic(), {}
        ready = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(ENDINGS):
                    continue
                try:
                    stat = entry.stat()
                except FileNotFoundError:
                    continue
                size, mtime_ns, since = self._seen.get(entry.name, (-1, -1, now))
                if (size, mtime_ns) != (stat.st_size, stat.st_mtime_ns):
                    since = now
                found[entry.name] = stat.st_size, stat.st_mtime_ns, since
                if now - since >= self._settle:
                    ready.append((stat.st_mtime_ns, entry.name, stat.st_size))
        self._seen = found
        self._left = {name: file for name, file in self._left.items() if name in found}
        for mtime_ns, name, size in sorted(ready):
            path = self.path / name
            file = File(str(path), size, mtime_ns)
            if self._left.get(name) != file:
                yield Settled(file, path, mtime_ns / 1e9)

    def leave(self, file: File) -> None:
        """The file is taken in and stays: it is not given again until it is another."""
        self._left[Path(file.path).name] = file

    def waits(self) -> bool:
        """Whether a file was there at the last look that was not whole yet."""
        now = self._monotonic()
        return any(now - since < self._settle for _, _, since in self._seen.values())

    def put_aside(self, path: Path) -> Path:
        """Move a file that is no picture out of the way; returns where it is."""
        aside = self.path / REFUSED
        aside.mkdir(exist_ok=True)
        return path.replace(aside / path.name)
