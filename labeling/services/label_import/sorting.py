"""Sorting more rows than fit in memory: runs on disk, merged."""

import heapq
import marshal
import struct
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any, BinaryIO

TOGETHER = 5_000
"""Rows sorted in memory at once."""
MOST_RUNS = 64
"""Runs merged at once: each is an open file."""
BLOCK = 32
"""Rows of a run that are read at once."""
_LENGTH = struct.Struct(">Q")


def sorted_on_disk(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The rows, lists of what Python itself has, in order. Nothing is given before the last row was taken."""
    with ExitStack() as files:
        runs: list[BinaryIO] = []
        rest = iter(rows)
        while chunk := sorted(islice(rest, TOGETHER)):
            if len(runs) == MOST_RUNS:
                merged = files.enter_context(_run(heapq.merge(*map(_rows, runs))))
                for run in runs:
                    run.close()
                runs = [merged]
            runs.append(files.enter_context(_run(chunk)))
        yield from heapq.merge(*map(_rows, runs))


def _run(rows: Iterable[list[Any]]) -> BinaryIO:
    file = tempfile.TemporaryFile()
    rest = iter(rows)
    while block := list(islice(rest, BLOCK)):
        # No other process reads it, and it is read before this one ends: a form that no later Python need know.
        data = marshal.dumps(block)
        file.write(_LENGTH.pack(len(data)) + data)
    return file


def _rows(run: BinaryIO) -> Iterator[list[Any]]:
    run.seek(0)
    while head := run.read(_LENGTH.size):
        yield from marshal.loads(run.read(*_LENGTH.unpack(head)))
