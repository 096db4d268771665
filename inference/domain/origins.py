"""Where a model that is no ONNX file yet comes from: a torch hub, or the transformers library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

TORCH_HUB, TRANSFORMERS = "torch_hub", "transformers"
PREFIX = "transformers:"


class OriginRefused(ValueError):
    """Words that name no model; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Origin:
    """`place` is OWNER/REPO, OWNER/REPO:REF, a name or a folder; `entry` and its `options` are a torch hub's alone."""

    kind: str
    place: str
    entry: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.kind == TRANSFORMERS:
            return f"{PREFIX}{self.place}"
        return f"torch hub {self.place}:{self.entry}"


def torch_hub(words: str, options: Sequence[str] = ()) -> Origin:
    """PLACE:ENTRY and each KEY=VALUE that its entry is called with, a VALUE being JSON or else a word.

    Raises OriginRefused.
    """
    place, _, entry = words.rpartition(":")
    if not place or not entry.isidentifier():
        raise OriginRefused(f"A model of a torch hub is OWNER/REPO:ENTRY or FOLDER:ENTRY, not {words!r}.")
    return Origin(TORCH_HUB, place, entry, dict(_option(each) for each in options))


def transformers(words: str) -> Origin:
    """`transformers:NAME` or `transformers:FOLDER`. Raises OriginRefused."""
    place = words.removeprefix(PREFIX)
    if not place:
        raise OriginRefused(
            "A model of the transformers library is transformers:NAME or transformers:FOLDER."
        )
    return Origin(TRANSFORMERS, place)


def matched(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The project's key for each of a model's own names, `-` where none of `known` is the same word.

    Case does not count, nor whether words are joined by a space, a hyphen or an underscore.
    """
    keys = {_word(key): key for key in known}
    return tuple(keys.get(_word(name), "-") for name in names)


def _word(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _option(words: str) -> tuple[str, Any]:
    key, is_given, value = words.partition("=")
    if not is_given or not key.isidentifier():
        raise OriginRefused(f"An option of a hub's entry is KEY=VALUE, not {words!r}.")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
