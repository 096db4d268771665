"""An image's bytes written anew: a part of it filled, or its metadata left out; what was said of it stays.

The new bytes come first, then the row that names them, then the old ones go: whenever it stops, no row is without its
bytes, and what was to go goes later.
"""

import hashlib
import logging
import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import RedactionCause
from labeling.models import Image, Redaction
from labeling.redaction import Area, filled
from labeling.services import images, removal, thumbnails
from labeling.signals import images_redacted
from people.services import audit

logger = logging.getLogger(__name__)

JOB = "labeling.remove_replaced"
AT_ONCE = 500
SETTLED = timedelta(minutes=15)
"""After so long no small copy that had begun before is still being written."""
LEAST_SHARE = 0.002
"""A part narrower or lower than this share of the picture is a slip of the hand."""


def fill_part(*, user: Any, image: Image, box: Sequence[float]) -> Redaction | None:
    """Fill a part of the image for good: left, top, right, bottom as shares 0..1 of the upright picture.

    None where that changed nothing. Raises PermissionDenied, ValueRefused for a box that is none and for an image that
    was erased, FileNotFoundError where the storage has lost it.
    """
    rules.check_erase(user, image.project)
    if len(box) != 4 or not all(math.isfinite(share) and 0 <= share <= 1 for share in box):
        raise ValueRefused({"box": ["must be left, top, right and bottom, each from 0 to 1."]})
    left, top, right, bottom = box
    if right - left < LEAST_SHARE or bottom - top < LEAST_SHARE:
        raise ValueRefused({"box": ["must reach from left to right and from top to bottom."]})
    area = Area(
        math.floor(left * image.width),
        math.floor(top * image.height),
        math.ceil(right * image.width),
        math.ceil(bottom * image.height),
        "drawn",
    )
    made = write_anew(
        image=image, to=lambda data: (filled(data, [area]), [area]), cause=RedactionCause.DRAWN, by=user
    )
    image.refresh_from_db()
    if image.erased_at is not None:
        raise ValueRefused({"box": ["The image was erased."]})
    return made


@transaction.atomic
def write_anew(
    *,
    image: Image,
    to: Callable[[bytes], tuple[bytes, Sequence[Area]]],
    cause: RedactionCause,
    by: Any = None,
) -> Redaction | None:
    """Keep of the image what `to` makes of its bytes, with the areas it filled; None where that is the same bytes, or
    the image was erased.

    Its sha256 stays that of the bytes that came: by it datasets name it, and a repetition finds it.
    """
    with connection.cursor() as cursor:
        # The largest pictures take longer than a forgotten transaction may.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
    rows = Image.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    held = rows.filter(pk=image.pk, erased_at=None).first()
    if held is None:
        return None
    before = images.read(held)
    after, areas = to(before)
    if after == before:
        return None
    storage, digest = storages[held.storage], hashlib.sha256(after).hexdigest()
    files = [("image", held.key), ("small copy", thumbnails.key_of(held))]
    key = f"{images.folder_of_redacted(held)}/{digest}"
    storage.save(key, ContentFile(after))
    filled_areas = [[area.left, area.top, area.right, area.bottom, area.what] for area in areas]
    held.key, held.stored_sha256, held.bytes = key, digest, len(after)
    held.redacted = [*(held.redacted or []), *filled_areas] or None
    held.save(update_fields=["key", "stored_sha256", "bytes", "redacted"])
    made = Redaction.objects.create(
        project=held.project,
        image=held,
        cause=cause.value,
        by=by,
        areas=filled_areas,
        sha256_before=hashlib.sha256(before).hexdigest(),
        sha256_after=digest,
        files=[{"what": what, "storage": held.storage, "key": old} for what, old in files],
    )
    audit.record(
        actor=by,
        action="image.redacted",
        target=held,
        project_id=held.project_id,
        detail={
            "cause": cause,
            "areas": filled_areas,
            "sha256_before": made.sha256_before,
            "sha256_after": digest,
        },
    )
    defer()
    return made


def defer() -> None:
    """Have a worker remove what was replaced, when this transaction commits."""
    try:
        with transaction.atomic():
            app.configure_task(JOB, queue="default", queueing_lock="remove replaced").defer()
    except AlreadyEnqueued:
        pass


def carry_out(*, most: int = AT_ONCE) -> int:
    """Remove the bytes that were replaced, and look once more for those removed a while ago; returns of how many.

    Each is a transaction of its own; one whose storage fails is logged and tried again the next time. Safe to run
    twice, and at once.
    """
    due = Q(removed_at=None) | Q(made_at__lt=timezone.now() - SETTLED)
    waiting = Redaction.objects.filter(due, confirmed_at=None).order_by(
        F("removed_at").asc(nulls_first=True), "pk"
    )
    done = 0
    for pk in waiting.values_list("pk", flat=True)[:most]:
        try:
            done += _carry_out(pk)
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # each kind of storage has errors of its own
            logger.error("what redaction %s replaced cannot be removed yet: %s", pk, error)
    return done


@transaction.atomic
def _carry_out(pk: UUID) -> bool:
    rows = Redaction.objects.select_for_update(of=("self",), skip_locked=True).select_related("image")
    made = rows.filter(pk=pk, confirmed_at=None).first()
    if made is None:
        return False
    named = [(file["what"], file["key"]) for file in made.files if file["key"] != made.image.key]
    removal.remove(removal.found(made.image.storage, named))
    images_redacted.send(sender=Redaction, images=[made.image])
    now = timezone.now()
    made.removed_at = made.removed_at or now
    if made.made_at < now - SETTLED:
        made.confirmed_at = now
    made.save(update_fields=["removed_at", "confirmed_at"])
    return True
