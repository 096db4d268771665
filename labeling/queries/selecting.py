"""Which images a set of filters chooses: as a query, bounded where there are more than asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import MD5, Cast, Coalesce, Concat
from django.db.models.lookups import LessThanOrEqual

from labeling.domain.image_filters import HOW_MANY, MOST_SIMILAR, OWN_FIELDS, FilterField, Pick
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused
from labeling.enums import AnswerState
from labeling.models import Answer, Image, Queue, Resolution, Task
from labeling.registry import image_filters
from people.models import Project

Bound = dict[str, Any]
"""Where a choice ends, as JSON, so that it ends there again later: `{}`, `{oldest}`, `{rank, seed}` or `{ids}`."""


def fields() -> list[FilterField]:
    """Every filter there is: labeling's own, those registered, and how many to take."""
    registered = [field for filters in image_filters for field in filters.fields]
    return [*OWN_FIELDS, *registered, *HOW_MANY]


def narrowed(project: Project, filters: Mapping[str, Any]) -> QuerySet[Image]:
    """The images that every filter keeps, however many, but none that was erased.

    Raises ValueRefused for what names nothing here.
    """
    images = Image.objects.filter(project=project, erased_at=None)
    if source := filters.get("source"):
        if not project.sources.filter(key=source).exists():
            raise ValueRefused({"filters.source": [f"{source!r} is not a source of this project."]})
        images = images.filter(source__key=source)
    taken = {}
    if since := filters.get("since"):
        taken["taken__gte"] = moment(since)
    if until := filters.get("until"):
        taken["taken__lt"] = moment(until)
    if taken:
        images = images.alias(taken=Coalesce("captured_at", "created_at")).filter(**taken)
    if context := filters.get("context"):
        images = images.filter(context__contains=context)
    if filters.get("never_labelled"):
        images = images.filter(~Exists(_truths()), ~Exists(_said()))
    for registered in image_filters:
        images = registered.narrow(images, project, filters)
    return images


def _truths() -> QuerySet[Resolution]:
    return Resolution.objects.filter(image=OuterRef("pk"), replaced_at=None)


def _said() -> QuerySet[Answer]:
    return Answer.objects.filter(task__image=OuterRef("pk"), task__gold=None, state=AnswerState.COUNTED)


def not_asked_in(images: QuerySet[Image], queue: Queue) -> QuerySet[Image]:
    """The images that this queue has not asked about yet."""
    return images.filter(~Exists(Task.objects.filter(queue=queue, image=OuterRef("pk"), gold=None)))


def bound_of(images: QuerySet[Image], project: Project, filters: Mapping[str, Any]) -> Bound:
    """Where the choice among these images ends: at `limit` of them, the nearest, newest or a seeded sample."""
    limit = filters.get("limit")
    for registered in image_filters:
        count = min(limit or MOST_SIMILAR, MOST_SIMILAR)
        ids = registered.nearest(images, project, filters, count)
        if ids is not None:
            return {"ids": [str(one) for one in ids]}
    if limit is None:
        return {}
    if filters.get("pick") == Pick.RANDOM:
        seed = filters.get("seed", 0)
        ranks = images.order_by(_drawn(seed)).values_list(_drawn(seed), flat=True)
        rank = ranks[limit - 1 : limit].first()
        return {} if rank is None else {"rank": rank, "seed": seed}
    oldest = images.order_by("-pk").values_list("pk", flat=True)[limit - 1 : limit].first()
    return {} if oldest is None else {"oldest": str(oldest)}


def within(images: QuerySet[Image], bound: Bound) -> QuerySet[Image]:
    """The images up to where a choice ends."""
    if "ids" in bound:
        return images.filter(pk__in=bound["ids"])
    if "rank" in bound:
        return images.filter(LessThanOrEqual(_drawn(bound["seed"]), Value(bound["rank"])))
    if "oldest" in bound:
        return images.filter(pk__gte=UUID(bound["oldest"]))
    return images


def _drawn(seed: int) -> MD5:
    # A draw that a seed repeats, and that stays the same for an image whichever others there are.
    return MD5(Concat(Value(f"{seed}:"), Cast(F("pk"), CharField()), output_field=CharField()))
