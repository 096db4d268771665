"""Images, as far as somebody may see them, and the addresses they are shown at."""

import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from labeling.models import Image
from labeling.queries.guidelines import visible_examples
from labeling.queries.tasks import tasks_for
from people.queries.given import given_texts
from people.queries.projects import led_by

LIFETIME_SECONDS = 3600
STEP_SECONDS = 600
"""Addresses made within the same ten minutes are the same, so that a browser's cache has the picture already."""


def visible_to(user: Any) -> QuerySet[Image]:
    """QA leads and engineers see all images of their projects; anybody else those of tasks they may see.

    Who may read a guideline sees the images of its examples, of whichever site they are.
    """
    return Image.objects.filter(
        Q(project__in=led_by(user))
        | Exists(tasks_for(user).filter(image=OuterRef("pk")))
        | Exists(visible_examples(user).filter(image=OuterRef("pk")))
    )


def erased_among(project: Any, hashes: Collection[str]) -> set[str]:
    """Those of the sha256 whose images the project erased: what a frozen dataset still names and nobody can read."""
    found = Image.objects.filter(project=project, erased_at__isnull=False, sha256__in=given_texts(hashes))
    return set(found.values_list("sha256", flat=True))


def written_anew(project: Any, hashes: Collection[str]) -> dict[str, str]:
    """Where those of the sha256 lie whose images were written anew since they came, as storage keys."""
    found = Image.objects.filter(
        project=project, stored_sha256__isnull=False, erased_at=None, sha256__in=given_texts(hashes)
    )
    return dict(found.values_list("sha256", "key"))


def address(image: Image, user: Any) -> str:
    """The path of the image for this one user, good for fifty minutes to an hour.

    One made on a phone that a code signed in names that code, and opens no more than it does.
    """
    # Another address than before, or a browser would go on showing what it has kept of it.
    changed = f"&as={image.stored_sha256[:12]}" if image.stored_sha256 else ""
    return address_under(image.pk, user) + changed + ("&erased=1" if image.erased_at is not None else "")


def address_under(pk: UUID, user: Any) -> str:
    """The same, of the image that goes by this id for the user."""
    until = int(time.time()) // STEP_SECONDS * STEP_SECONDS + LIFETIME_SECONDS
    shift = f".{user.shift.pk}" if user.shift is not None else ""
    signature = _signer(pk).sign(f"{user.pk}.{until}{shift}")
    return f"{reverse('image-bytes', args=[pk])}?for={signature}"


def small_address(image: Image, user: Any) -> str:
    """The path of a small copy of the image, for lists; the same rights and the same lifetime."""
    return f"{address(image, user)}&small=1"


def bearer_of(image_id: UUID, signature: str) -> tuple[int, str | None] | None:
    """Whose address of this image it is, and the code of the shift it was made in, None outside one.

    None alone when it is nobody's or has expired.
    """
    try:
        user_id, until, *shift = _signer(image_id).unsign(signature).split(".")
    except signing.BadSignature:
        return None
    return (int(user_id), shift[0] if shift else None) if int(until) > time.time() else None


def _signer(image_id: UUID) -> signing.Signer:
    return signing.Signer(salt=f"labeling.image.{image_id}")
