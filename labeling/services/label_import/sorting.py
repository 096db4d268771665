"""Sorting more rows than fit in memory: runs on disk, merged."""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any, TextIO

TOGETHER = 5_000
"""Rows sorted in memory at once."""
MOST_RUNS = 64
"""Runs merged at once: each is an open file."""


def sorted_on_disk(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The rows in order, as lists of JSON values. Nothing is given before the last row was taken."""
    with ExitStack() as files:
        runs: list[TextIO] = []
        rest = iter(rows)
        while chunk := sorted(islice(rest, TOGETHER)):
            if len(runs) == MOST_RUNS:
                merged = files.enter_context(_run(heapq.merge(*map(_rows, runs))))
                for run in runs:
                    run.close()
                runs = [merged]
            runs.append(files.enter_context(_run(chunk)))
        yield from heapq.merge(*map(_rows, runs))


def _run(rows: Iterable[list[Any]]) -> TextIO:
    file = tempfile.TemporaryFile("w+", encoding="ascii")
    for row in rows:
        file.write(json.dumps(row) + "\n")
    return file


def _rows(run: TextIO) -> Iterator[list[Any]]:
    run.seek(0)
    return map(json.loads, run)
