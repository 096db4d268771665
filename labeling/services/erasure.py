"""Erasing images: marked in the database first, their bytes removed by a job that is run until nothing is found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.values import ValueRefused
from labeling.enums import ErasureCause, TaskState
from labeling.models import Erasure, Gold, Image, Task
from labeling.services.gold import retire_gold
from labeling.services.tasks import close
from labeling.signals import images_erased
from people.models import Project
from people.services import audit

LONGEST_REASON = 2000
NOTHING = {"filename": "", "context": {}, "difference_hash": None, "redacted": None}
"""What is left in an image's row of what it showed."""


@transaction.atomic
def erase(*, user: Any, image: Image, reason: str) -> tuple[Erasure, bool]:
    """Erase one image for good; returns the certificate, and whether it is new: again is the same.

    The image's row stays, so that what people said of it still adds up. Raises PermissionDenied, and ValueRefused for
    a reason that is none.
    """
    rules.check_erase(user, image.project)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or not is_text(reason):
        raise ValueRefused({"reason": [f"must say why, in 1 to {LONGEST_REASON} characters."]})
    only = Image.objects.filter(pk=image.pk)
    made = mark(project=image.project, images=only, cause=ErasureCause.PERSON, by=user, reason=reason)
    for erasure in made:
        audit.record(
            actor=user,
            action="image.erased",
            target=image,
            project_id=image.project_id,
            detail={"erasure": str(erasure.pk), "learned": _counts(erasure)},
        )
    return Erasure.objects.select_related("image", "by").get(image=image), bool(made)


def _counts(erasure: Erasure) -> dict[str, int]:
    return {what: len(found) for what, found in erasure.learned.items()}


@transaction.atomic
def mark(
    *, project: Project, images: QuerySet[Image], cause: ErasureCause, by: Any = None, reason: str = ""
) -> list[Erasure]:
    """Mark those of the project's `images` that are not yet; returns their certificates.

    `by` leads the project; None for what goes by itself, which is gold nowhere. `images` is asked again under lock, so
    that what it no longer keeps stays. From here on no page, dataset or training reaches the bytes, and `images_erased`
    is sent for who removes them.
    """
    # Tasks before images, as whoever answers locks them.
    list(_open_tasks(images.values("pk")).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    pks = list(images.filter(project=project, erased_at=None).values_list("pk", flat=True))
    list(Image.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk").values_list("pk"))
    found = list(images.filter(pk__in=pks, erased_at=None).order_by("pk"))
    if not found:
        return []
    erasures = [
        Erasure(
            project=project,
            image=image,
            cause=cause.value,
            by=by,
            reason=reason,
            removed={"facts": _facts(image), "files": [], "counts": {}},
        )
        for image in found
    ]
    Image.objects.filter(pk__in=[image.pk for image in found]).update(erased_at=timezone.now(), **NOTHING)
    Erasure.objects.bulk_create(erasures)
    withdraw([image.pk for image in found])
    for gold in Gold.objects.filter(image__in=found, retired_at=None).select_related("project"):
        retire_gold(user=by, gold=gold)
    images_erased.send(sender=Erasure, erasures=erasures)
    return erasures


def _facts(image: Image) -> list[str]:
    """Names of what its row said beyond the picture, never what it said."""
    named = ["filename"] * bool(image.filename) + ["difference_hash"] * (image.difference_hash is not None)
    return [*named, *(f"context.{key}" for key in sorted(image.context))]


def _open_tasks(images: Any) -> QuerySet[Task]:
    return Task.objects.filter(image__in=images, state=TaskState.OPEN.value)


@transaction.atomic(savepoint=False)
def withdraw(images: Sequence[UUID]) -> int:
    """Close what people are still asked about erased images; returns how many tasks. Answers given stay."""
    tasks = list(_open_tasks(images).select_related("queue"))
    for task in tasks:
        close(task=task, state=TaskState.WITHDRAWN)
    return len(tasks)
