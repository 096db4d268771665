"""The file that a frozen dataset is: one line of what is asked, then one line an image."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import chain
from typing import Any

FORMAT = "vouch-manifest/1"
SPLITS = ("train", "val", "test")


class ManifestRefused(ValueError):
    """Lines that are not a manifest; the message names the line and what would be right."""


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One image. `value` is what is held true of it, `weight` > 0 its share among the images of its label.

    `sha256`, `value`, `split` and `weight` are the content; the rest says where the bytes lie (`key`) and
    where the value comes from, under ids that differ from one installation to the next.
    """

    sha256: str
    key: str
    value: dict[str, Any]
    split: str
    weight: float = 1.0
    image: str | None = None
    resolution: str | None = None
    by: str | None = None
    answers: Sequence[str] = ()
    guideline: int | None = None
    source: str | None = None
    captured_at: str | None = None
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A frozen dataset: `labels` are the keys in force, in order; `rows` are sorted by sha256, one an image."""

    task_type: str
    labels: tuple[str, ...]
    rows: tuple[ManifestRow, ...]

    def of(self, split: str) -> list[ManifestRow]:
        """The rows of one split."""
        return [row for row in self.rows if row.split == split]

    def counts(self) -> dict[str, int]:
        """Images by split, all three of them."""
        counted = Counter(row.split for row in self.rows)
        return {split: counted[split] for split in SPLITS}

    def test_hash(self) -> str:
        """SHA-256 in hex over sha256 and value of the test rows: two datasets with one test set share it."""
        return _hash([row.sha256, row.value] for row in _sorted(self.of("test")))


def content_hash(manifest: Manifest) -> str:
    """SHA-256 in hex of what the dataset says, the same on every machine.

    Over the task type, the labels and each row's sha256, value, split and weight, and nothing else: ids and
    storage keys are an installation's own.
    """
    return hash_of(manifest.task_type, manifest.labels, _sorted(manifest.rows))


def hash_of(task_type: str, labels: Sequence[str], rows: Iterable[ManifestRow]) -> str:
    """`content_hash` of rows that come one by one, in order of their sha256."""
    said = ([row.sha256, row.value, row.split, float(row.weight)] for row in rows)
    return _hash(chain([[task_type, list(labels)]], said))


def without_context(manifest: Manifest, sha256: str) -> Manifest:
    """The same content, the context of one image emptied."""
    rows = tuple(replace(row, context={}) if row.sha256 == sha256 else row for row in manifest.rows)
    return replace(manifest, rows=rows)


def write(manifest: Manifest) -> bytes:
    """The manifest as UTF-8 NDJSON, rows sorted by sha256; the same manifest gives the same bytes."""
    head = {"format": FORMAT, "task_type": manifest.task_type, "labels": list(manifest.labels)}
    lines = [head, *(asdict(row) for row in _sorted(manifest.rows))]
    return b"".join(_line(line) for line in lines)


def read(lines: Iterable[bytes | str]) -> Manifest:
    """The inverse of `write`, from an open file or any other lines. Raises ManifestRefused."""
    task_type, labels, streamed = stream(lines)
    rows = tuple(streamed)
    seen: set[str] = set()
    for row in rows:
        if row.sha256 in seen:
            raise ManifestRefused(f"Image {row.sha256} stands in the manifest twice.")
        seen.add(row.sha256)
    return Manifest(task_type, labels, rows)


def stream(lines: Iterable[bytes | str]) -> tuple[str, tuple[str, ...], Iterator[ManifestRow]]:
    """The task type, the labels, and the rows one by one as they are asked for. Raises ManifestRefused, then too."""
    numbered = enumerate(lines, start=1)
    _, first = next(numbered, (1, b"{}"))
    head = _object(1, first)
    if head.get("format") != FORMAT:
        raise ManifestRefused(f"Line 1: the format must be {FORMAT!r}, not {head.get('format')!r}.")
    if not isinstance(head.get("task_type"), str) or not isinstance(head.get("labels"), list):
        raise ManifestRefused("Line 1: task_type must be a string and labels a list.")
    rows = (_row(number, line) for number, line in numbered if line.strip())
    return head["task_type"], tuple(head["labels"]), rows


_NAMES = frozenset(each.name for each in fields(ManifestRow))
_NEEDED = ("sha256", "key", "value", "split")


def _row(number: int, line: bytes | str) -> ManifestRow:
    given = _object(number, line)
    if missing := [name for name in _NEEDED if name not in given]:
        raise ManifestRefused(f"Line {number}: {missing[0]} is missing.")
    if given["split"] not in SPLITS:
        raise ManifestRefused(
            f"Line {number}: split must be one of {', '.join(SPLITS)}, not {given['split']!r}."
        )
    return ManifestRow(**{name: value for name, value in given.items() if name in _NAMES})


def _object(number: int, line: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ManifestRefused(f"Line {number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ManifestRefused(f"Line {number} must be an object.")
    return value


def _sorted(rows: Iterable[ManifestRow]) -> list[ManifestRow]:
    return sorted(rows, key=lambda row: row.sha256)


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _hash(values: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for value in values:
        digest.update(_line(value))
    return digest.hexdigest()
