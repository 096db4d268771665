"""Free JSON from outside, held to what the database can keep: an object, of sane size, without broken text."""

import json
import math
from typing import Any

from labeling.domain.values import ValueRefused

MOST_BYTES = 16 * 1024
MOST_DEPTH = 20


def check_document(value: Any, field: str) -> dict[str, Any]:
    """The object itself. Raises ValueRefused naming `field` for anything but a JSON object PostgreSQL can keep."""
    if not isinstance(value, dict):
        raise ValueRefused({field: ['must be an object, like {"lighting": "glare"}.']})
    if reason := _reason(value, MOST_DEPTH):
        raise ValueRefused({field: [reason]})
    if len(json.dumps(value)) > MOST_BYTES:
        raise ValueRefused({field: [f"is larger than {MOST_BYTES // 1024} KB."]})
    return value


def _reason(value: Any, depth: int) -> str | None:
    if depth < 0:
        return f"is nested more than {MOST_DEPTH} deep."
    if isinstance(value, str):
        return None if is_text(value) else "holds text with a NUL or a broken character."
    if isinstance(value, float) and not math.isfinite(value):
        return "holds a number that is not finite."
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    if isinstance(parts, list):
        return next((reason for part in parts if (reason := _reason(part, depth - 1))), None)
    return None


def is_text(value: str) -> bool:
    """Whether PostgreSQL can keep it: no NUL, no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def loads(text: str | bytes) -> Any:
    """`json.loads` that takes no NaN or Infinity and raises ValueError alone for what it cannot read."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
