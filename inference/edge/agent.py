"""The agent: takes in what cameras and folders give, decides, and keeps what is to be sent; another thread sends it."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.edge.camera import Camera
from inference.edge.champion import Champion
from inference.edge.covering import Cover
from inference.edge.deciding import decide
from inference.edge.outbox import Outbox
from inference.edge.spool import Spool
from inference.edge.waiting import File, SpoolFull, Worth
from inference.edge.watching import Folder, Settled
from labeling.imagefile import MAX_BYTES, ImageRefused

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
FULL_SECONDS = 5.0
COMPLAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Options:
    """`keep_files` leaves what was taken in where it is. Captures of `send_labels` are sent whatever is decided. A
    policy with an error budget accepts nothing once the centre was not heard of for `trust_seconds`."""

    device: str
    context: Mapping[str, Any] = field(default_factory=dict)
    keep_files: bool = False
    send_labels: frozenset[str] = frozenset()
    trust_seconds: float = 86_400.0


class Agent:
    """Everything that one device runs. For one thread's use; `outbox` may run in another."""

    def __init__(
        self,
        *,
        spool: Spool,
        outbox: Outbox,
        folders: Sequence[Folder] = (),
        cameras: Sequence[Camera] = (),
        options: Options,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._spool, self._outbox = spool, outbox
        self._folders, self._cameras, self._options = folders, cameras, options
        self._monotonic, self._wall = monotonic, wall
        self._complained: dict[str, float] = {}
        self._cover = Cover(monotonic)
        for path in spool.files():
            if not Path(path).exists():
                spool.forget(path)

    def run(self, stop: threading.Event) -> None:
        """Take in until `stop` is set, sending meanwhile."""
        sending = threading.Thread(target=self._outbox.run, args=[stop], name="outbox", daemon=True)
        sending.start()
        while not stop.is_set():
            try:
                self.step()
            except SpoolFull:
                logger.error("the spool has no room: nothing more is taken in until some was sent")
                stop.wait(FULL_SECONDS)
            stop.wait(LOOK_SECONDS)
        sending.join()

    def once(self) -> bool:
        """Take in all there is and send it; whether nothing is left to be sent."""
        self._outbox.round(self._spool)
        try:
            while self.step() or any(folder.waits() for folder in self._folders):
                time.sleep(LOOK_SECONDS)
        except SpoolFull:
            logger.error("the spool has no room: the rest stays in its folder")
        self._outbox.round(self._spool, report_now=True)
        left = any(list(folder.settled()) for folder in self._folders) and not self._options.keep_files
        return not (left or self._spool.waiting() or self._spool.refused())

    def step(self) -> int:
        """Take in what is there now; returns how many pictures it was. Nothing is, before there is a champion, nor
        while what the project has covered cannot be.

        Raises SpoolFull, what was not taken in being where it was.
        """
        champion, taken = self._outbox.champion, 0
        if champion is None or not self._cover.can(champion):
            return 0
        for folder in self._folders:
            try:
                for settled in folder.settled():
                    taken += self._take_file(champion, folder, settled)
            except OSError as error:
                self._complain(folder, error)
        for camera in self._cameras:
            if (data := camera.picture()) is not None:
                self._take(champion, camera.source, data, f"{camera.source}.jpg", self._wall(), None)
                taken += 1
        return taken

    def _take_file(self, champion: Champion, folder: Folder, settled: Settled) -> bool:
        if self._spool.has(settled.file):
            # Killed after it was kept: only the file was still to go.
            self._done(folder, settled)
            return False
        try:
            with settled.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
                if _facts(os.fstat(file.fileno())) != _facts(settled.file):
                    return False
            self._take(champion, folder.source, data, settled.path.name, settled.taken_at, settled.file)
        except FileNotFoundError:
            return False
        except ImageRefused as refused:
            aside = folder.put_aside(settled.path)
            logger.error(
                "%s is no picture and lies in %s: %s", settled.path.name, aside.parent, refused.reason
            )
            return True
        self._done(folder, settled)
        return True

    def _take(
        self, champion: Champion, source: str, data: bytes, name: str, taken_at: float, file: File | None
    ) -> None:
        capture = str(uuid.uuid4())
        decided = decide(
            champion,
            data,
            capture=capture,
            device=self._options.device,
            source=source,
            context=self._options.context,
            trusting=self._trusting(),
        )
        if decided.worth is Worth.CERTAIN and self._options.send_labels.isdisjoint(decided.labels):
            self._spool.count(
                source=source,
                taken_at=taken_at,
                model=champion.model,
                policy=champion.terms.id,
                label=decided.label,
                bucket=decided.bucket,
                file=file,
            )
            return
        self._spool.keep(
            worth=decided.worth,
            source=source,
            filename=name,
            taken_at=taken_at,
            said=decided.said,
            data=self._cover.covered(champion, data),
            capture=capture,
            file=file,
        )

    def _complain(self, folder: Folder, error: OSError) -> None:
        """A disk that is not there, a folder that may not be written: others go on, and so does it once it can."""
        last = self._complained.get(folder.source)
        if last is None or self._monotonic() - last >= COMPLAIN_SECONDS:
            logger.error("the folder of %s: %s", folder.source, error)
            self._complained[folder.source] = self._monotonic()

    def _trusting(self) -> bool:
        """Whether certificates still count: what the centre took back cannot be heard of without a network."""
        at = self._outbox.confirmed_at
        return at is not None and self._monotonic() - at <= self._options.trust_seconds

    def _done(self, folder: Folder, settled: Settled) -> None:
        """The spool has what the file held: it goes, and is forgotten only when it is gone for good."""
        if self._options.keep_files:
            folder.leave(settled.file)
            return
        try:
            if _facts(settled.path.stat()) != _facts(settled.file):
                return
            settled.path.unlink()
        except FileNotFoundError:
            pass
        _sync(settled.path.parent)
        self._spool.forget(settled.file.path)


def _facts(of: File | os.stat_result) -> tuple[int, int]:
    """What tells a picture from another under the same name."""
    return (of.size, of.mtime_ns) if isinstance(of, File) else (of.st_size, of.st_mtime_ns)


def _sync(folder: Path) -> None:
    """Have the disk know what is in the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
