"""What may be asked of a dataset, checked and in one shape."""

from collections.abc import Callable, Mapping
from typing import Any

from feedback.domain.splits import DEFAULT_SHARE
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused

MOST_SOURCES = 1000


class FiltersRefused(ValueRefused):
    """Filters that mean nothing."""


def check_filters(given: Any, *, sources: set[str]) -> dict[str, Any]:
    """The filters in canonical form, as JSON can hold them; raises FiltersRefused naming each wrong field.

    `min_answers` and `guideline_from` are whole numbers from 1; `sources` a list of keys out of the project's
    `sources`; `since` and `until` times; `val_share` and `test_share` ratios, together below 1;
    `synthetic_share` the ratio of training images that may be synthetic, below 1.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise FiltersRefused({"filters": ["must be an object."]})
    errors: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _CHECKS:
            errors[f"filters.{name[:80]}"] = [f"is not a filter; there are {', '.join(_CHECKS)}."]
        elif value is not None:
            try:
                clean[name] = _CHECKS[name](value)
            except ValueError as reason:
                errors[f"filters.{name}"] = [str(reason)]
    if unknown := sorted(set(clean.get("sources", ())) - sources):
        errors["filters.sources"] = [
            f"{unknown[0][:80]!r} is not a source of this project; it has {', '.join(sorted(sources)[:20]) or 'none'}."
        ]
    if "since" in clean and "until" in clean and clean["since"] >= clean["until"]:
        errors["filters.until"] = ["must be later than since."]
    held_out = clean.get("val_share", DEFAULT_SHARE) + clean.get("test_share", DEFAULT_SHARE)
    if held_out >= 1:
        errors["filters.test_share"] = [f"leaves nothing to train on: the shares come to {held_out:g}."]
    if errors:
        raise FiltersRefused(errors)
    return clean


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise ValueError("must be a whole number, 1 or more.")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError("must be a number from 0 to below 1.")
    return float(value)


def _keys(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value):
        raise ValueError("must be a list of sources' keys.")
    if not 0 < len(value) <= MOST_SOURCES:
        raise ValueError(f"must name 1 to {MOST_SOURCES} sources.")
    return sorted(set(value))


def _moment(value: Any) -> str:
    return moment(value if isinstance(value, str) else "").isoformat()


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "min_answers": _whole,
    "guideline_from": _whole,
    "sources": _keys,
    "since": _moment,
    "until": _moment,
    "val_share": _share,
    "test_share": _share,
    "synthetic_share": _share,
}
