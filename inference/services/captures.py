"""Taking in an image that asks for a prediction, and having a failed one tried again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from inference.enums import CaptureState
from inference.models import Capture
from inference.services import intake
from labeling.models import Image, Source
from people.models import IdempotencyKey, Project, User
from people.services import audit
from people.services.announcements import CAPTURES, announce
from people.services.idempotency import Repeated


def receive(
    *,
    project: Project,
    source: Source,
    image: Image,
    captured_at: datetime,
    context: dict[str, Any] | None = None,
    external: dict[str, Any] | None = None,
    answer: Callable[[Capture], IdempotencyKey] | None = None,
) -> Capture:
    """A pending capture of an image whose bytes are kept; the inference processes hear of it when this commits.

    The image's row may be written already or not: it is with the capture's, and so is, of `answer`, what a repetition
    of the request is told. `external` is a prediction that came with it, as
    `labeling.domain.proposals.check_proposal` returns it, its confidence not left out.
    Raises people.services.idempotency.Repeated where the answer's key was used before: then nothing is written.
    """
    capture = Capture(
        project=project,
        source=source,
        image=image,
        captured_at=captured_at,
        context=context or {},
        external=external,
    )
    if not intake.write(image=image, capture=capture, answer=answer and answer(capture)):
        raise Repeated
    return capture


@transaction.atomic
def retry(*, by: User, captures: Sequence[Capture]) -> int:
    """Have failed captures tried again, as if they had just come; returns how many there were.

    An image that was erased cannot be.
    """
    failed = Capture.objects.filter(
        pk__in=[capture.pk for capture in captures], state=CaptureState.FAILED, image__erased_at=None
    )
    found = list(failed.select_for_update(of=("self",)))
    failed.update(state=CaptureState.PENDING, attempts=0, failure="", finished_at=None)
    for capture in found:
        audit.record(
            actor=by,
            action="capture.retried",
            target=capture,
            project_id=capture.project_id,
            detail={"failure": capture.failure},
        )
    announce(CAPTURES, "captures.received", [capture.pk for capture in found])
    return len(found)
