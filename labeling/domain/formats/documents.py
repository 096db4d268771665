"""JSON of any length, read item by item."""

from collections.abc import Iterator
from io import BufferedIOBase
from typing import Any

import ijson

from labeling.domain.formats.found import Files, FileUnreadable

MARK = b"\xef\xbb\xbf"


def json_names(files: Files) -> list[str]:
    """The JSON files in it. Raises FileUnreadable where there is none."""
    names = sorted(name for name in files.names() if name.casefold().endswith(".json"))
    names = names or [name for name in files.names() if name == files.name]
    if not names:
        raise FileUnreadable(f"{files.name} holds no .json file.")
    return names


def items(files: Files, name: str, prefix: str) -> Iterator[Any]:
    """Every item of the list at `prefix` (`images.item`; `item` for the outermost). Raises FileUnreadable."""
    with files.open(name) as stream:
        try:
            yield from ijson.items(_unmarked(stream), prefix, use_float=True)
        except ijson.JSONError as error:
            raise FileUnreadable(f"{name} is not whole JSON: {_reason(error)}.") from None


def has_member(files: Files, name: str, member: str) -> bool:
    """Whether the outermost object has it, be it empty. Reads up to it."""
    with files.open(name) as stream:
        events = ijson.parse(_unmarked(stream), use_float=True)
        return any(event == ("", "map_key", member) for event in events)


def opening(files: Files, name: str) -> str:
    """The first character that is no blank; empty where there is none."""
    with files.open(name) as stream:
        start = stream.read(4096).removeprefix(MARK).lstrip()
    return start[:1].decode("ascii", "replace")


def _unmarked(stream: BufferedIOBase) -> "_Joined":
    start = stream.read(len(MARK))
    return _Joined(b"" if start == MARK else start, stream)


class _Joined:
    def __init__(self, start: bytes, rest: BufferedIOBase) -> None:
        self.start, self.rest = start, rest

    def read(self, size: int = -1) -> bytes:
        if self.start and size != 0:
            start, self.start = self.start, b""
            return start
        return self.rest.read(size)


def _reason(error: Exception) -> str:
    given = error.args[0] if error.args else ""
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    reason = text.splitlines()[0].removeprefix("parse error: ").removeprefix("lexical error: ").rstrip(". ")
    if reason == "premature EOF":
        return "it ends in the middle"
    if "invalid char" in text and ("NaN" in text or "Infinity" in text):
        return "NaN and Infinity are no JSON numbers"
    if "overflow" in reason:
        return "it holds a number too large for any use"
    if "UTF8" in reason:
        return "it is not UTF-8 text: save it as UTF-8"
    return reason
