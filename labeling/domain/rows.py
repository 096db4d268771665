"""Rows of an import: NDJSON in, one checked row or one reason each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labeling.domain.documents import check_document, is_text, loads
from labeling.domain.values import ValueRefused
from labeling.enums import Split

FIELDS = ("file", "value", "source", "captured_at", "context", "split", "group", "prediction")
LONGEST_FILE = 400
LONGEST_GROUP = 100


@dataclass(frozen=True)
class Row:
    """One image to bring in. `number` is its line, from 1; `file` the name of its bytes."""

    file: str
    number: int | None = None
    value: Any = None
    source: str | None = None
    captured_at: datetime | None = None
    context: dict[str, Any] = field(default_factory=dict)
    split: str = ""
    group: str = ""
    prediction: Any = None


@dataclass(frozen=True)
class RowRefused:
    """A row that cannot go in: which, and why."""

    row: int | None
    file: str | None
    detail: str


def read_rows(lines: Iterable[bytes]) -> Iterator[Row | RowRefused]:
    """A Row or a RowRefused for every line that is not blank. Nothing is raised, whatever the bytes."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except ValueError as error:
            yield RowRefused(number, None, f"is not one JSON object a line: {error}.")
            continue
        name = given.get("file") if isinstance(given, dict) else None
        try:
            yield _row(number, given)
        except ValueRefused as refused:
            yield RowRefused(number, name if isinstance(name, str) else None, str(refused))


def _row(number: int, given: Any) -> Row:
    if not isinstance(given, dict):
        raise ValueRefused({"row": ["must be an object."]})
    if unknown := sorted(set(given) - set(FIELDS)):
        raise ValueRefused({unknown[0][:80]: [f"is not a field of a row; it has {', '.join(FIELDS)}."]})
    if given.get("file") in (None, ""):
        raise ValueRefused({"file": ["is required: the filename of the image's part."]})
    split = _text(given, "split", 5).casefold()
    if split and split not in list(Split):
        raise ValueRefused({"split": ["must be train, val or test."]})
    context = given.get("context")
    return Row(
        file=_text(given, "file", LONGEST_FILE),
        number=number,
        value=given.get("value"),
        source=_text(given, "source", 64).casefold() or None,
        captured_at=_time(_text(given, "captured_at", 64)),
        context={} if context is None else check_document(context, "context"),
        split=split,
        group=_text(given, "group", LONGEST_GROUP),
        prediction=given.get("prediction"),
    )


def _text(given: dict[str, Any], name: str, longest: int) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or not is_text(value):
        raise ValueRefused({name: [f"must be text of at most {longest} characters."]})
    return value


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            # Near year 1 or 9999 a time may have no place in UTC.
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueRefused({"captured_at": ["must be a time with its zone, like 2026-03-01T08:30:00Z."]})
