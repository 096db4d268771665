"""What an answer made of a proposal: which of it was kept, fixed, relabelled or rejected, and what was added."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labeling.domain.agreement.matching import iou
from labeling.domain.values import ValueRefused

RIGHT_FROM = 0.5
"""The least overlap, intersection over union, at which a box that was moved counts as found by the model."""
WHOLE = "image"
"""What stands for a region's id where the label is the whole image's."""


@dataclass
class Verification:
    """Ids of regions by what became of them, and counts by label.

    Every proposed region is in exactly one of `kept` (as it was), `fixed` (moved), `relabelled` (moved or not) and
    `rejected`; `added` are those said that no proposed one led to. `proposed`, `right` and `there` count by label:
    of the model's regions with the label, those kept, or fixed with an overlap of RIGHT_FROM or more; and of what
    was said, the regions with the label. So precision is right / proposed, recall right / there.
    """

    kept: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    relabelled: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    proposed: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)

    def document(self) -> dict[str, Any]:
        """As it is stored with the answer: the five lists of ids, and `labels: {KEY: [proposed, right, there]}`."""
        lists = {name: getattr(self, name) for name in ("kept", "fixed", "relabelled", "rejected", "added")}
        keys = sorted(self.proposed | self.there)
        return lists | {
            "labels": {key: [self.proposed[key], self.right[key], self.there[key]] for key in keys}
        }


def verify(proposal: Mapping[str, Any], value: Mapping[str, Any] | None) -> Verification | None:
    """What the value, of the same task type, made of the proposal. `value` None stands for "none of these".

    None where that says nothing of it: of boxes, "none of these" tells not which were wrong.
    """
    if "label" in proposal:
        return _label(proposal["label"], None if value is None else value["label"])
    return None if value is None else _regions(proposal["regions"], value["regions"])


def _label(proposed: str, said: str | None) -> Verification:
    found = Verification(proposed=Counter([proposed]), there=Counter([] if said is None else [said]))
    if said is None:
        found.rejected.append(WHOLE)
    elif said == proposed:
        found.kept.append(WHOLE)
        found.right[said] += 1
    else:
        found.relabelled.append(WHOLE)
    return found


def _regions(proposed: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]]) -> Verification:
    found = Verification(
        proposed=Counter(region["label"] for region in proposed),
        there=Counter(region["label"] for region in said),
    )
    named = {region["of"]: region for region in said if region.get("of") is not None}
    for region in proposed:
        answer = named.pop(region["id"], None)
        if answer is None:
            found.rejected.append(region["id"])
        elif answer["label"] != region["label"]:
            found.relabelled.append(region["id"])
        elif answer["box"] == region["box"]:
            found.kept.append(region["id"])
            found.right[region["label"]] += 1
        else:
            found.fixed.append(region["id"])
            boxes = np.array([region["box"], answer["box"]], dtype=np.float64)
            found.right[region["label"]] += int(iou(boxes[:1], boxes[1:])[0, 0] >= RIGHT_FROM)
    found.added += [region["id"] for region in said if region.get("of") is None]
    return found


def check_origins(value: Mapping[str, Any], proposed: Mapping[str, Any] | None) -> None:
    """Raise ValueRefused unless each `of` names another proposed region. `proposed` None: no proposal was shown."""
    free = {region["id"] for region in (proposed or {}).get("regions", [])}
    known = set(free)
    errors: dict[str, list[str]] = {}
    for index, region in enumerate(value.get("regions", [])):
        of = region.get("of")
        if of is None:
            continue
        if of in free:
            free.remove(of)
            continue
        reason = (
            "no proposal was shown: leave it out."
            if proposed is None
            else f"{of!r} is named by two regions; each proposed one is kept once."
            if of in known
            else f"{of!r} is no region of the proposal."
        )
        errors[f"value.regions.{index}.of"] = [reason]
    if errors:
        raise ValueRefused(errors)


def is_proposal(value: Mapping[str, Any], proposed: Mapping[str, Any]) -> bool:
    """Whether the value is the proposal's, region by region in any order; one said may name itself in `of`."""
    if "regions" not in value or "regions" not in proposed:
        return value == proposed
    return _by_id(value) == _by_id(proposed)


def _by_id(value: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {
        region["id"]: (region["label"], region["box"], region.get("of") or region["id"])
        for region in value["regions"]
    }
