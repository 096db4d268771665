"""Freezing datasets: asked for by a person, built by the worker, the same content always under the same hash."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from procrastinate.contrib.django import app

from feedback import rules
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.queries.datasets import newest_frozen
from feedback.services import freezing
from feedback.services.filters import check_filters
from people.enums import Event
from people.models import Project
from people.services import audit, outbox
from people.services.announcements import announce, project_topic

JOB = "feedback.freeze_dataset"
LOCK_POLL_SECONDS = 0.2


@transaction.atomic
def request_dataset(
    *, user: Any, project: Project, name: str = "", filters: Mapping[str, Any] | None = None
) -> DatasetVersion:
    """A dataset in state building, and the job that freezes it. `user` None stands for the console.

    Raises FiltersRefused naming each wrong field, and PermissionDenied.
    """
    if user is not None:
        rules.check_freeze(user, project)
    clean = check_filters(filters, sources=set(project.sources.values_list("key", flat=True)))
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = DatasetVersion.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    dataset = DatasetVersion.objects.create(
        project=project, number=last + 1, name=name, filters=clean, by=user
    )
    app.configure_task(JOB, lock=f"freeze {project.pk}", queue="default").defer(dataset_id=str(dataset.pk))
    audit.record(
        actor=user,
        action="dataset.requested",
        target=dataset,
        project_id=project.pk,
        detail={"number": dataset.number, "filters": clean},
    )
    announce(project_topic(project.pk), "dataset.changed", [dataset.pk])
    return dataset


def freeze(
    dataset_id: UUID | str, on_progress: Callable[[str, int, int | None], None] | None = None
) -> DatasetVersion:
    """Build the dataset and freeze it; one that is not building is returned as it stands.

    Runs in many short transactions and may be killed and run again at any point: nothing counts until the last
    one. `on_progress(stage, done, total or None)` is told how far it is. A dataset with nothing in it fails.
    """
    dataset = DatasetVersion.objects.select_related("project").get(pk=dataset_id)
    with _alone(dataset.project):
        dataset.refresh_from_db(fields=["state"])
        if dataset.state != DatasetState.BUILDING:
            return dataset
        try:
            content = freezing.build(dataset, on_progress or (lambda stage, done, total: None))
        except freezing.NothingToFreeze as nothing:
            fail(dataset_id=dataset.pk, error=str(nothing))
        else:
            _seal(dataset, content)
    dataset.refresh_from_db()
    return dataset


@transaction.atomic
def _seal(dataset: DatasetVersion, content: freezing.Content) -> None:
    """The moment of freezing: assignments become permanent, the hash is set, everybody hears of it."""
    freezing.keep_splits(dataset)
    parent = newest_frozen(dataset.project)
    dataset.parent = parent
    dataset.state = DatasetState.FROZEN.value
    dataset.hash, dataset.test_hash = content.hash, content.test_hash
    dataset.manifest_key, dataset.labels = content.manifest_key, content.labels
    dataset.counts = content.counts
    dataset.card = content.card | {"unchanged": parent is not None and parent.hash == content.hash}
    dataset.frozen_at = timezone.now()
    dataset.save()
    audit.record(
        actor=dataset.by,
        action="dataset.frozen",
        target=dataset,
        project_id=dataset.project_id,
        detail={"number": dataset.number, "hash": dataset.hash, "counts": dataset.counts},
    )
    outbox.announce(
        project=dataset.project,
        event=Event.DATASET_FROZEN,
        data={
            "id": str(dataset.pk),
            "number": dataset.number,
            "hash": dataset.hash,
            "test_hash": dataset.test_hash,
            "counts": dataset.counts,
        },
    )
    announce(project_topic(dataset.project_id), "dataset.changed", [dataset.pk])


@transaction.atomic
def fail(*, dataset_id: UUID | str, error: str) -> None:
    """Give up a dataset that is still building, saying why."""
    dataset = DatasetVersion.objects.select_for_update().get(pk=dataset_id)
    if dataset.state == DatasetState.BUILDING:
        dataset.state, dataset.error = DatasetState.FAILED.value, error
        dataset.save(update_fields=["state", "error"])
        announce(project_topic(dataset.project_id), "dataset.changed", [dataset.pk])


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """One freeze of a project at a time, wherever it runs: what one makes permanent the next must know.

    A session's lock, because a freeze is many transactions; it goes with the connection when a worker dies.
    """
    key = [f"freeze {project.pk}"]
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
            if cursor.fetchone()[0]:
                break
            time.sleep(LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
