"""Webhooks: who is told what, and sending it again."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from people.enums import AlarmKind, DeliveryState, Event, Role
from people.models import Delivery, Project, User, Webhook
from people.queries import alarms
from people.rules import check_role, has_role
from people.services import audit, outbox
from people.services.alarms import settle
from people.services.webhook_address import AddressRefused, check_url

MOST_WEBHOOKS = 20
PING = "ping"


class WebhookRefused(Exception):
    """A webhook that cannot be; `errors` by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(words)}" for name, words in errors.items()))
        self.errors = errors


def can_set(user: Any, project: Project) -> bool:
    """Whether the user may read and change webhooks: engineers may."""
    return has_role(user, project, {Role.ENGINEER})


def check_set(user: Any, project: Project) -> None:
    """Raise PermissionDenied unless the user may read and change webhooks."""
    check_role(user, project, {Role.ENGINEER}, "read or change webhooks")


@transaction.atomic
def register(*, user: User, project: Project, url: str, events: Sequence[str] = ()) -> Webhook:
    """Tell `url` of these events from now on (none named: of all). Its `secret` is to be kept by who receives.

    The name is looked up when something is sent, each time. Raises WebhookRefused, PermissionDenied.
    """
    check_set(user, project)
    errors = _errors(url, events)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if Webhook.objects.filter(project=project, deleted_at=None).count() >= MOST_WEBHOOKS:
        errors["url"] = [f"A project has at most {MOST_WEBHOOKS} webhooks."]
    if errors:
        raise WebhookRefused(errors)
    webhook = Webhook.objects.create(project=project, url=url, events=sorted(set(events)), by=user)
    _record(user, "webhook.register", webhook)
    return webhook


@transaction.atomic
def change(
    *,
    user: User,
    webhook: Webhook,
    url: str | None = None,
    events: Sequence[str] | None = None,
    active: bool | None = None,
) -> Webhook:
    """Change what is given. What waits goes to the new URL; while it is not active nothing is sent, nor added.

    Raises WebhookRefused, PermissionDenied.
    """
    check_set(user, webhook.project)
    held = Webhook.objects.select_for_update(of=("self",)).select_related("project").get(pk=webhook.pk)
    url = held.url if url is None else url
    events = held.events if events is None else events
    if errors := _errors(url, events):
        raise WebhookRefused(errors)
    held.url, held.events = url, sorted(set(events))
    if active and not held.active:
        held.failures, held.failing_since = 0, None
        _mended(held)
    held.active = held.active if active is None else active
    held.save(update_fields=["url", "events", "active", "failures", "failing_since"])
    _record(user, "webhook.change", held)
    return held


@transaction.atomic
def delete(*, user: User, webhook: Webhook) -> None:
    """Nothing more is sent to it; its log stays in the database. Again is the same. Raises PermissionDenied."""
    check_set(user, webhook.project)
    if Webhook.objects.filter(pk=webhook.pk, deleted_at=None).update(deleted_at=Now()):
        Delivery.objects.filter(webhook=webhook, state=DeliveryState.WAITING).update(
            state=DeliveryState.FAILED.value, error="The webhook was deleted.", finished_at=Now()
        )
        _mended(webhook)
        _record(user, "webhook.delete", webhook)


@transaction.atomic
def ping(*, user: User, webhook: Webhook) -> Delivery:
    """Send something that means nothing, to see that it arrives. Raises PermissionDenied."""
    check_set(user, webhook.project)
    (made,) = outbox.put(webhook.project, [webhook], PING, {"asked_by": user.username})
    _record(user, "webhook.ping", webhook)
    return made


@transaction.atomic
def redeliver(*, user: User, delivery: Delivery) -> Delivery:
    """Send it again now, with the same id, so that who has it already can tell; its attempts begin anew.

    One that still waits is sent at once. Raises PermissionDenied.
    """
    webhook = delivery.webhook
    check_set(user, webhook.project)
    held = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    held.state, held.attempts, held.next_at, held.finished_at = (
        DeliveryState.WAITING.value,
        0,
        timezone.now(),
        None,
    )
    held.save(update_fields=["state", "attempts", "next_at", "finished_at"])
    _record(user, "webhook.redeliver", webhook)
    outbox.wake()
    return held


def _mended(webhook: Webhook) -> None:
    """Its alarm, where it was switched off by itself, needs nobody any more."""
    for alarm in alarms.standing(webhook.project, AlarmKind.WEBHOOK_OFF).filter(subject=str(webhook.pk)):
        settle(user=None, alarm=alarm)


def _errors(url: str, events: Sequence[str]) -> dict[str, list[str]]:
    errors = {}
    try:
        check_url(url, private_allowed=settings.PRIVATE_WEBHOOKS)
    except AddressRefused as refused:
        errors["url"] = [str(refused)]
    if unknown := sorted(set(events) - {str(event) for event in Event}):
        errors["events"] = [f"{unknown[0][:40]} is no event; there are {', '.join(Event)}."]
    return errors


def _record(user: User, action: str, webhook: Webhook) -> None:
    audit.record(
        actor=user,
        action=action,
        target=webhook,
        project_id=webhook.project_id,
        detail={"url": webhook.url, "events": webhook.events, "active": webhook.active},
    )
