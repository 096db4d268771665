"""The one JSON shape of what is said of an image, checked in one place by task type."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from people.enums import TaskType

RESERVED = ("labels", "attributes")
GEOMETRIES = ("polygon", "mask", "points")
LONGEST_ID = 64
ID_RULE = f"must be 1 to {LONGEST_ID} printable ASCII characters."
MOST_REGIONS = 1000
FARTHEST = 10**9


@dataclass
class ValueRefused(ValueError):
    """The value is not valid; `errors` maps a field's path to the reason."""

    errors: dict[str, list[str]]

    def __str__(self) -> str:
        return "; ".join(f"{field}: {reasons[0]}" for field, reasons in self.errors.items())


def check_value(
    value: Any, *, task_type: str, labels: Collection[str], width: float, height: float
) -> dict[str, Any]:
    """The value in canonical form: `{"label": KEY}` or `{"regions": [{id, label, box, of}]}`.

    Boxes are `[x1, y1, x2, y2]` in pixels of the upright image, at least 1 px a side and inside it.
    Raises ValueRefused naming every field that is wrong.
    """
    if not isinstance(value, dict):
        raise ValueRefused({"value": ["must be an object."]})
    for name in RESERVED:
        if name in value:
            raise ValueRefused({f"value.{name}": ["is reserved for later; leave it out."]})
    if task_type == TaskType.CLASSIFICATION:
        return _classification(value, labels)
    return _detection(value, labels, width, height)


def _classification(value: dict[str, Any], labels: Collection[str]) -> dict[str, Any]:
    unknown = sorted(set(value) - {"label"})
    if unknown:
        raise ValueRefused(
            {f"value.{unknown[0][:80]}": ["is not part of a classification; send only label."]}
        )
    reason = _label_reason(value.get("label"), labels)
    if reason:
        raise ValueRefused({"value.label": [reason]})
    return {"label": value["label"]}


def _label_reason(label: Any, labels: Collection[str]) -> str | None:
    if not isinstance(label, str):
        return "is required: a label's key."
    if label not in labels:
        return f"{label[:80]!r} is not a label of this project; it has {', '.join(sorted(labels)) or 'none'}."
    return None


def _detection(value: dict[str, Any], labels: Collection[str], width: float, height: float) -> dict[str, Any]:
    regions = value.get("regions")
    if set(value) != {"regions"} or not isinstance(regions, list):
        raise ValueRefused({"value.regions": ["is required: a list, empty for nothing there."]})
    if len(regions) > MOST_REGIONS:
        raise ValueRefused({"value.regions": [f"are {len(regions)}; at most {MOST_REGIONS} are taken."]})
    errors: dict[str, list[str]] = {}
    canonical = []
    seen: set[str] = set()
    for index, region in enumerate(regions):
        path = f"value.regions.{index}"
        if not isinstance(region, dict):
            errors[path] = ["must be an object."]
            continue
        reserved = [name for name in (*GEOMETRIES, *RESERVED) if name in region]
        if reserved:
            errors[f"{path}.{reserved[0]}"] = ["is reserved for later; send a box."]
        if reason := _label_reason(region.get("label"), labels):
            errors[f"{path}.label"] = [reason]
        if reason := box_reason(region.get("box"), width, height):
            errors[f"{path}.box"] = [reason]
        identity = region.get("id", str(index))
        if not _is_id(identity):
            errors[f"{path}.id"] = [ID_RULE]
        elif identity in seen:
            errors[f"{path}.id"] = [f"{identity!r} appears twice."]
        else:
            seen.add(identity)
        of = region.get("of")
        if of is not None and not _is_id(of):
            errors[f"{path}.of"] = ["must be the id of a proposed region."]
        canonical.append(
            {"id": identity, "label": region.get("label"), "box": region.get("box")}
            | ({"of": of} if of is not None else {})
        )
    if errors:
        raise ValueRefused(errors)
    for region in canonical:
        region["box"] = [float(side) for side in region["box"]]
    return {"regions": canonical}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def box_reason(box: Any, width: float, height: float) -> str | None:
    """What is wrong with a box; None where it is `[x1, y1, x2, y2]`, at least 1 px a side and inside the image."""
    if not isinstance(box, list) or len(box) != 4:
        return "must be [x1, y1, x2, y2] in pixels."
    if any(isinstance(side, bool) or not isinstance(side, int | float) for side in box):
        return "must hold four numbers."
    # isfinite would overflow on an integer of 400 digits; no side of an image comes near this bound.
    if any(abs(side) > FARTHEST or not math.isfinite(side) for side in box):
        return "must hold four numbers within the image."
    x1, y1, x2, y2 = box
    if x2 - x1 < 1 or y2 - y1 < 1:
        return "must be at least 1 pixel wide and high, x1 < x2 and y1 < y2."
    if x1 < 0 or y1 < 0 or x2 > width or y2 > height:
        return f"lies outside the image, which is {width:g} by {height:g} pixels."
    return None
