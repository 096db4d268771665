"""What is not sent yet, on disk: captures, counts and reports, each written whole or not at all."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inference.edge.database import connect, writing
from inference.edge.waiting import File, SpoolFull, Waiting, Worth

MOST_COUNTS = 1000
"""A report has so many counts at most."""
HOUR = 3600
MOST_REFUSED_REPORTS = 1000


class Spool:
    """A spool in one SQLite file, holding at most `most_bytes` of images. For one thread's use; several may be open.

    What a method wrote is on the disk when it returns, and a process killed inside it has written nothing.
    """

    def __init__(self, path: Path, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._database = connect(path)

    def close(self) -> None:
        self._database.close()

    def has(self, file: File) -> bool:
        """Whether that file was taken in before."""
        found = self._database.execute("SELECT size, mtime_ns FROM files WHERE path = ?", [file.path])
        return found.fetchone() == (file.size, file.mtime_ns)

    def keep(
        self,
        *,
        worth: Worth,
        source: str,
        filename: str,
        taken_at: float,
        said: dict[str, Any],
        data: bytes,
        capture: str,
        file: File | None = None,
    ) -> bool:
        """Promise to send a capture; what is worth less leaves where there is no room, the oldest first.

        False where it was itself worth too little, and is counted as lost. Raises SpoolFull, with nothing changed.
        """
        with writing(self._database):
            self._took(file)
            if not self._make_room(len(data), worth):
                if worth is not Worth.CERTAIN:
                    raise SpoolFull
                self._lose(1)
                return False
            made = self._database.execute(
                "INSERT INTO captures (id, worth, source, filename, taken_at, said, bytes) VALUES (?,?,?,?,?,?,?)",
                [capture, int(worth), source, filename, taken_at, json.dumps(said), len(data)],
            )
            self._database.execute("INSERT INTO images VALUES (?, ?)", [made.lastrowid, data])
        return True

    def count(
        self,
        *,
        source: str,
        taken_at: float,
        model: str,
        policy: str,
        label: str,
        bucket: int,
        file: File | None = None,
    ) -> None:
        """Count a capture that is accepted and not sent. Raises SpoolFull where the disk is."""
        with writing(self._database):
            self._took(file)
            self._database.execute(
                "INSERT INTO counts VALUES (?,?,?,?,?,?,1) ON CONFLICT DO UPDATE SET captures = captures + 1",
                [source, int(taken_at // HOUR * HOUR), model, policy, label, bucket],
            )

    def forget(self, path: str) -> None:
        """The file is gone: one of its name is another."""
        with writing(self._database):
            self._database.execute("DELETE FROM files WHERE path = ?", [path])

    def files(self) -> list[str]:
        """The paths of files that were taken in and not forgotten."""
        return [row[0] for row in self._database.execute("SELECT path FROM files")]

    def next(self) -> Waiting | None:
        """What to send next: what is unsure before audits, the oldest first."""
        row = self._database.execute(
            "SELECT seq, id, source, filename, taken_at, said, captured_at, data FROM captures JOIN images USING (seq)"
            " WHERE refused IS NULL ORDER BY worth DESC, seq LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        seq, capture, source, filename, taken_at, said, captured_at, data = row
        return Waiting(seq, capture, source, filename, taken_at, json.loads(said), captured_at, data)

    def promise(self, seq: int, captured_at: float) -> None:
        """Say when it was captured, before the first try: every try sends the same, and it leaves no more."""
        with writing(self._database):
            self._database.execute("UPDATE captures SET captured_at = ? WHERE seq = ?", [captured_at, seq])

    def sent(self, seq: int) -> None:
        """The centre has it."""
        with writing(self._database):
            self._delete(seq)

    def refuse(self, seq: int, reason: str) -> None:
        """The centre will not have it: kept aside until `try_refused`, with why."""
        with writing(self._database):
            self._database.execute("UPDATE captures SET refused = ? WHERE seq = ?", [reason, seq])

    def try_refused(self) -> None:
        """Have what was refused sent again: what was wrong at the centre may be put right by now."""
        with writing(self._database):
            self._database.execute("UPDATE captures SET refused = NULL")
            self._database.execute("UPDATE reports SET refused = NULL")

    def refused(self) -> int:
        """How many captures the centre refused."""
        return int(self._one("SELECT count(*) FROM captures WHERE refused IS NOT NULL"))

    def waiting(self) -> int:
        """How many captures are to be sent."""
        return int(self._one("SELECT count(*) FROM captures WHERE refused IS NULL"))

    def bytes(self) -> int:
        """What the images in it take."""
        return int(self._one("SELECT coalesce(sum(bytes), 0) FROM captures"))

    def report(self, *, device: str, moment: Callable[[float], str]) -> tuple[int, dict[str, Any]] | None:
        """The next report of what was counted, the same until `reported`; None where nothing was.

        `moment` writes a time of the device's clock for the centre.
        """
        with writing(self._database):
            held = self._database.execute(
                "SELECT seq, body FROM reports WHERE refused IS NULL ORDER BY seq LIMIT 1"
            ).fetchone()
            if held is not None:
                return held[0], json.loads(held[1])
            rows = self._database.execute(
                "SELECT rowid, source, hour, model, policy, label, bucket, captures FROM counts ORDER BY hour LIMIT ?",
                [MOST_COUNTS],
            ).fetchall()
            lost = int(self._one("SELECT captures FROM lost"))
            if not rows and not lost:
                return None
            names = ("source", "hour", "model", "policy", "label", "bucket", "captures")
            counts = [dict(zip(names, row[1:], strict=True)) for row in rows]
            body = {
                "report": str(uuid.uuid4()),
                "device": device,
                "lost": lost,
                "counts": [{**count, "hour": moment(count["hour"])} for count in counts],
            }
            made = self._database.execute("INSERT INTO reports (body) VALUES (?)", [json.dumps(body)])
            self._database.executemany("DELETE FROM counts WHERE rowid = ?", [[row[0]] for row in rows])
            self._database.execute("UPDATE lost SET captures = 0")
            return int(made.lastrowid or 0), body

    def reported(self, seq: int) -> None:
        """The centre has the report."""
        with writing(self._database):
            self._database.execute("DELETE FROM reports WHERE seq = ?", [seq])

    def refuse_report(self, seq: int, reason: str) -> None:
        """The centre will not have the report: it is kept aside as captures are, of the newest so many."""
        with writing(self._database):
            self._database.execute("UPDATE reports SET refused = ? WHERE seq = ?", [reason, seq])
            self._database.execute(
                "DELETE FROM reports WHERE refused IS NOT NULL AND seq <= ?", [seq - MOST_REFUSED_REPORTS]
            )

    def _took(self, file: File | None) -> None:
        if file is not None:
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?)", [file.path, file.size, file.mtime_ns]
            )

    def _make_room(self, size: int, worth: Worth) -> bool:
        """Whether so many bytes fit, once enough of what is worth no more, and was never tried, has left."""
        excess = self.bytes() + size - self._most_bytes
        leaving = []
        if excess > 0:
            may_leave = self._database.execute(
                "SELECT seq, bytes FROM captures WHERE worth <= ? AND worth < ? AND captured_at IS NULL"
                " ORDER BY worth, seq",
                [int(worth), int(Worth.UNSURE)],
            )
            for seq, held in may_leave:
                leaving.append(seq)
                excess -= held
                if excess <= 0:
                    break
        if excess > 0:
            return False
        for seq in leaving:
            self._delete(seq)
        self._lose(len(leaving))
        return True

    def _lose(self, captures: int) -> None:
        self._database.execute("UPDATE lost SET captures = captures + ?", [captures])

    def _delete(self, seq: int) -> None:
        self._database.execute("DELETE FROM captures WHERE seq = ?", [seq])
        self._database.execute("DELETE FROM images WHERE seq = ?", [seq])

    def _one(self, sql: str) -> Any:
        return self._database.execute(sql).fetchone()[0]
