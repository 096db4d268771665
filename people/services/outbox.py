"""The outbox of webhooks: what happened is put there in its own transaction, for a worker to send."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from uuid_utils.compat import uuid7

from people.enums import Event
from people.models import Delivery, Project, Webhook
from people.queries.prepared import Prepared

JOB = "people.deliver_webhooks"


def _live(project: UUID) -> QuerySet[Webhook]:
    return Webhook.objects.filter(project=project, active=True, deleted_at=None)


LIVE = Prepared(_live, project=UUID(int=1))
"""Each answer asks for these."""


def announce(*, project: Project, event: Event, data: dict[str, Any]) -> list[Delivery]:
    """Put the event in the outbox of each webhook that wants it; returns what was put there.

    Within a transaction it is sent if and only if that commits, at least once, by a worker. `data` is JSON.
    """
    wanting = wanted_by(project.pk, event)
    return put(project, wanting, str(event), data) if wanting else []


def wanted_by(project_id: UUID, event: Event) -> list[Webhook]:
    """The project's webhooks that are told of such an event: one look by an index, all that it costs where none is."""
    return [one for one in LIVE.all(project=project_id) if not one.events or str(event) in one.events]


def put(project: Project, webhooks: Sequence[Webhook], event: str, data: dict[str, Any]) -> list[Delivery]:
    """Put a message in the outbox of each of these webhooks, under an id of its own."""
    rows = []
    for webhook in webhooks:
        pk = uuid7()
        body = {"id": str(pk), "event": event, "project": project.slug, "at": timezone.now(), "data": data}
        rows.append(
            Delivery(pk=pk, webhook=webhook, event=event, body=json.dumps(body, cls=DjangoJSONEncoder))
        )
    Delivery.objects.bulk_create(rows)
    wake()
    return rows


def wake() -> None:
    """A worker looks at once, as soon as this is committed; every minute it looks by itself."""
    app.configure_task(JOB, queue="default", lock=JOB).defer()
