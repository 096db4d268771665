"""What a drift alarm's change is made of, in sentences, with the photographs that look newest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, When
from django.http import HttpRequest

from inference.domain.drift.kinds import listed
from inference.domain.drift.two_samples import PERMUTATIONS
from inference.models import Prediction
from labeling.queries import images
from labeling.templatetags.figures import percent, percent_range

LIKELY_CHANCE = 0.05
"""A p-value above which as much comes by chance."""
CHANCE = 0.5
"""The AUROC of who guesses."""
TELLING = 0.6
"""An AUROC of one group alone, below which it is not worth a word."""
NAMES = {"embedding": "the embedding"}


@dataclass(frozen=True)
class Explained:
    """`sentences` say how far apart before and after are; `alone` (name, AUROC 0..1) what tells them apart by itself;
    `newest` are the photographs that look least like before, as the thumbnails of a page take them."""

    sentences: list[str]
    alone: list[tuple[str, float]]
    newest: list[dict[str, Any]]


def explained(request: HttpRequest, detail: Mapping[str, Any]) -> Explained | None:
    """Of an alarm's detail; None while no worker has explained it."""
    found = detail.get("explanation")
    if not found:
        return None
    alone = [(NAMES.get(name, name), area) for name, area in _by_area(found["alone"])]
    by = [_made_of(alone)] if _is_told(found) else []
    return Explained([_told(found), *by, _apart(found)], alone, _photographs(request, found))


def _is_told(found: Mapping[str, Any]) -> bool:
    return bool(found["auroc_low"] > CHANCE)


def _told(found: Mapping[str, Any]) -> str:
    bounds = percent_range((found["auroc_low"], found["auroc_high"]))
    how_often = f"{percent(found['auroc'])} ({bounds}, by guessing 50%)"
    if _is_told(found):
        return (
            f"{found['after']} captures since the change can be told from {found['before']} of the reference by how "
            f"they look: of one of each, the newer is named right {how_often} of the time."
        )
    return (
        f"{found['after']} captures since the change cannot be told from {found['before']} of the reference by how "
        f"they look: of one of each, the newer is named right {how_often} of the time. It is the predictions that "
        "changed, or too little of the pictures to be seen by so many."
    )


def _made_of(alone: list[tuple[str, float]]) -> str:
    telling = [f"{name} ({percent(area)} alone)" for name, area in alone if area >= TELLING]
    if not telling:
        return "No number of the pictures tells them apart by itself."
    most, *others = telling
    if not others:
        return f"All of that is in {most}."
    return f"Most of that is in {most}, then in {listed(others)}."


def _apart(found: Mapping[str, Any]) -> str:
    chance = "more than chance" if found["p"] <= LIKELY_CHANCE else "no more than chance"
    return (
        f"All numbers together lie apart by {chance} would have them: MMD² {found['mmd_squared']:.3f}, "
        f"p {found['p']:.3f} of {PERMUTATIONS} permutations."
    )


def _by_area(alone: Mapping[str, float]) -> list[tuple[str, float]]:
    # JSON in the database keeps no order.
    return sorted(alone.items(), key=lambda pair: -pair[1])


def _photographs(request: HttpRequest, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    order = Case(*(When(pk=pk, then=place) for place, pk in enumerate(found["newest"])))
    rows = Prediction.objects.filter(pk__in=found["newest"]).select_related("capture__image").order_by(order)
    return [
        {"image": row.capture.image, "address": images.small_address(row.capture.image, request.user)}
        for row in rows
    ]
