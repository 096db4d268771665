"""What an erased image had come into, said on its certificate; and its bytes removed, until nothing is found."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F, Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from feedback.models import DatasetVersion, Example
from feedback.queries import descent
from inference.domain import manifest as manifests
from inference.enums import RunState
from inference.models import TrainingRun
from inference.services import forgetting
from labeling.enums import Split
from labeling.models import Erasure, Image
from labeling.services import erasure as labeling_erasure
from labeling.services import removal

logger = logging.getLogger(__name__)

JOB = "feedback.remove_erased"
AT_ONCE = 500
SETTLED = timedelta(minutes=15)
"""After so long no upload, prediction or small copy that had begun before the mark is still under way."""


def note(*, erasures: Sequence[Erasure]) -> None:
    """Say on each certificate which datasets hold its image and which models learned from one, and ask for removal."""
    with_example = set(
        Example.objects.filter(image__in=[erasure.image_id for erasure in erasures]).values_list(
            "image_id", flat=True
        )
    )
    for erasure in erasures:
        erasure.learned = learned_from(erasure.image) if erasure.image_id in with_example else {}
    Erasure.objects.bulk_update(erasures, ["learned"])
    defer()


def defer() -> None:
    """Have a worker go on with removing, when this transaction commits."""
    try:
        with transaction.atomic():
            app.configure_task(JOB, queue="default", queueing_lock="remove erased").defer()
    except AlreadyEnqueued:
        pass


def learned_from(image: Image) -> dict[str, Any]:
    """The datasets that hold it and the models that were trained on one, or come from such a model, as JSON.

    A dataset that holds it in its test split alone taught no model: models are measured on those.
    """
    held = descent.datasets_with(descent.examples_of_image(image))
    taught = [row.dataset for row in held if set(row.splits) - {str(Split.TEST)}]
    touched = descent.models_of(image.project, taught) if taught else []
    return {
        "datasets": [
            {
                "id": str(row.dataset.pk),
                "number": row.dataset.number,
                "name": row.dataset.name,
                "hash": row.dataset.hash,
                "splits": row.splits,
            }
            for row in held
        ],
        "models": [
            {"id": str(row.model.pk), "number": row.model.number, "name": str(row.model), "steps": row.steps}
            for row in touched
        ],
    }


def carry_out(*, most: int = AT_ONCE) -> int:
    """Remove what is left of images marked as erased, and look once more at those removed a while ago.

    Returns for how many something was done. Each is a transaction of its own; one whose storage fails is logged and
    tried again the next time. Safe to run twice, and at once.
    """
    due = Q(removed_at=None) | Q(asked_at__lt=timezone.now() - SETTLED)
    waiting = Erasure.objects.filter(due, confirmed_at=None)
    done = 0
    # What could not be removed is tried after what was not tried yet.
    for pk in waiting.order_by(F("removed_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[
        :most
    ]:
        try:
            done += _carry_out(pk)
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # each kind of storage has errors of its own
            logger.error("erasure %s cannot be carried out yet: %s", pk, error)
    return done


def _carry_out(pk: UUID) -> bool:
    if not _begin(pk):
        return False
    with transaction.atomic():
        erasure = _locked(pk)
        if erasure is None:
            return False
        removal.remove(erasure.removed["files"])
        now = timezone.now()
        erasure.removed_at = erasure.removed_at or now
        if erasure.asked_at < now - SETTLED and not _is_learned_from(erasure):
            erasure.confirmed_at = now
        erasure.save(update_fields=["removed_at", "confirmed_at"])
    return True


@transaction.atomic
def _begin(pk: UUID) -> bool:
    """Write down what there is to remove, before it is: a crash in between leaves the list, and it is gone through."""
    erasure = _locked(pk)
    if erasure is None:
        return False
    image = erasure.image
    # Once more: a dataset may have been frozen, or a model trained, that had begun before the mark.
    erasure.learned = learned_from(image)
    counts = forgetting.forget(image=image) | {
        "open tasks": labeling_erasure.withdraw([image.pk]),
        "decoded copies": forgetting.forget_decoded(image),
        "manifests": sum(_blank(held["id"], image.sha256) for held in erasure.learned["datasets"]),
    }
    for what, count in counts.items():
        erasure.removed["counts"][what] = erasure.removed["counts"].get(what, 0) + count
    known = {file["key"] for file in erasure.removed["files"]}
    found = [*removal.all_of(image), *forgetting.files_of(image)]
    erasure.removed["files"] += [file for file in found if file["key"] not in known]
    Image.objects.filter(pk=image.pk).update(**labeling_erasure.NOTHING)
    erasure.save(update_fields=["removed", "learned"])
    return True


def _locked(pk: UUID) -> Erasure | None:
    """The erasure, unless it is confirmed by now or another worker is at it."""
    rows = Erasure.objects.select_for_update(of=("self",), skip_locked=True).select_related("image__project")
    return rows.filter(pk=pk, confirmed_at=None).first()


def _is_learned_from(erasure: Erasure) -> bool:
    """Whether a training that began before the bytes went is still running on a dataset that holds the image."""
    ids = [held["id"] for held in erasure.learned.get("datasets", [])]
    return TrainingRun.objects.filter(
        dataset_id__in=ids, state=RunState.RUNNING.value, created_at__lt=erasure.removed_at
    ).exists()


def _blank(dataset_id: str, sha256: str) -> bool:
    """Empty the image's context in a frozen dataset's manifest; its content, and so its hash, is what it was."""
    dataset = DatasetVersion.objects.select_for_update(of=("self",)).filter(pk=dataset_id).first()
    if dataset is None or not dataset.manifest_key or not default_storage.exists(dataset.manifest_key):
        return False
    with default_storage.open(dataset.manifest_key) as file:
        found = manifests.read(file)
    blank = manifests.without_context(found, sha256)
    if blank == found:
        return False
    default_storage.save(dataset.manifest_key, ContentFile(manifests.write(blank)))
    return True
