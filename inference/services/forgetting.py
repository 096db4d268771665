"""What is kept of an erased image where it was predicted: that it was, and nothing of what it showed."""

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from inference.enums import CaptureState
from inference.imaging import Preprocessing
from inference.models import Capture, Embedding, ModelVersion, Prediction
from inference.services import attention, decoded
from labeling.models import Image

ERASED = "Its image was erased before it could be predicted."


@transaction.atomic
def forget(*, image: Image) -> dict[str, int]:
    """Empty the contexts of its captures, delete their embeddings and give up what is not predicted yet.

    Returns how many of each; again is the same, and finds none.
    """
    captures = Capture.objects.select_for_update(of=("self",)).filter(image=image).order_by("pk")
    found = list(captures.values_list("pk", "context", "state"))
    told = [pk for pk, context, _ in found if context]
    pending = [pk for pk, _, state in found if state == CaptureState.PENDING.value]
    Capture.objects.filter(pk__in=told).update(context={})
    Capture.objects.filter(pk__in=pending).update(
        state=CaptureState.FAILED.value, failure=ERASED, finished_at=timezone.now()
    )
    embeddings, _ = Embedding.objects.filter(prediction__capture__image=image).delete()
    return {"contexts": len(told), "pending captures": len(pending), "embeddings": embeddings}


def files_of(image: Image) -> list[dict[str, Any]]:
    """The pictures of where models looked in it: {what, storage, key, bytes}."""
    keys = [attention.key_of(made) for made in Prediction.objects.filter(capture__image=image)]
    return [
        {"what": "where a model looked", "storage": "default", "key": key, "bytes": default_storage.size(key)}
        for key in keys
        if default_storage.exists(key)
    ]


def forget_decoded(image: Image) -> int:
    """Overwrite what this host decoded of it, for whichever model; returns how many arrays there were.

    On other hosts the pictures that come in after it overwrite it.
    """
    models = ModelVersion.objects.filter(project=image.project_id).order_by()
    found = 0
    for kept in models.values_list("preprocessing", flat=True).distinct():
        try:
            found += decoded.forget(image.sha256, Preprocessing.from_json(kept))
        except ValueError:
            # No model of ours: nothing was decoded for it.
            continue
    return found
