"""Putting a batch of truths in force, or opening its tasks; what stands already stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from labeling.enums import TaskState
from labeling.models import Image, Queue, Resolution, Source, Task
from labeling.services.resolving import settle_imported
from labeling.services.tasks import Request, open_tasks
from people.models import Project
from people.queries.given import given_ids


@dataclass(frozen=True)
class Written:
    """How many images got something, and how many keep something else that somebody said or that waits."""

    created: int
    kept: int


@transaction.atomic
def write_labels(*, project: Project, truths: Sequence[tuple[Image, dict[str, Any]]]) -> Written:
    """Put the truths in force. What people said here stays, earlier imports give way."""
    images = given_ids([image.pk for image, _ in truths])
    standing = dict(
        Resolution.objects.filter(image__in=images, replaced_at=None).values_list("image", "value")
    )
    made = settle_imported(project=project, truths=truths)
    done = {resolution.image_id for resolution in made}
    kept = sum(
        image.pk not in done and image.pk in standing and standing[image.pk] != value
        for image, value in truths
    )
    return Written(len(made), kept)


@transaction.atomic
def write_predictions(*, queue: Queue, proposals: Sequence[tuple[Image, dict[str, Any]]]) -> Written:
    """Open a task for each image that never had this proposal in the queue and has none open there."""
    images = given_ids([image.pk for image, _ in proposals])
    known = Task.objects.filter(queue=queue, image__in=images, gold=None).values_list(
        "image", "state", "proposal"
    )
    waiting: dict[Any, list[tuple[str, Any]]] = {}
    for pk, state, proposal in known:
        waiting.setdefault(pk, []).append((state, proposal))
    sites = dict(
        Source.objects.filter(project=queue.project_id, site__isnull=False).values_list("pk", "site")
    )
    requests, kept = [], 0
    for image, proposal in proposals:
        here = waiting.get(image.pk, [])
        if any(other == proposal for _, other in here):
            continue
        if any(state == TaskState.OPEN for state, _ in here):
            kept += 1
            continue
        requests.append(Request(image=image, site_id=sites.get(image.source_id), proposal=proposal))
    made = open_tasks(queue=queue, requests=requests)
    return Written(len(made), kept)
