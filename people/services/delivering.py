"""Sending what waits in the outbox of webhooks: signed, bounded in time and size, and again where it did not arrive."""

import hashlib
import hmac
import random
import time
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from people.enums import AlarmKind, DeliveryState
from people.models import Delivery, Webhook
from people.services.alarms import raise_alarm
from people.services.sending import SECONDS, post
from people.services.webhook_address import AddressRefused, resolve

BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 43200, 86400))
"""How long to wait after each attempt that went wrong, about; after the last of them it has failed."""

JITTER = 0.2
MOST_FAILURES = 8
FAILING_FOR = timedelta(days=1)
"""A webhook is switched off after so many attempts in a row that failed, over so long at least."""

LEASE = timedelta(seconds=60)
"""A worker that dies while it sends leaves the delivery to others after so long: it may arrive twice."""

A_RUN = 100
KEPT = timedelta(days=30)


def deliver_due() -> int:
    """Send what is due, the oldest first, at most 100 of it; returns how many were tried. Safe to run at once."""
    tried = 0
    while tried < A_RUN:
        delivery = _take()
        if delivery is None:
            break
        status, error = send(delivery)
        _settle(delivery, status, error)
        tried += 1
    return tried


def forget_old() -> int:
    """Drop what was finished more than 30 days ago; returns how many."""
    old = Delivery.objects.filter(finished_at__lt=timezone.now() - KEPT).exclude(state=DeliveryState.WAITING)
    return old.delete()[0]


def send(delivery: Delivery) -> tuple[int | None, str]:
    """One attempt: the status that was answered and what went wrong, "" where it arrived."""
    try:
        target = resolve(delivery.webhook.url, private_allowed=settings.PRIVATE_WEBHOOKS)
        body = delivery.body.encode()
        status = post(target, headers=_headers(delivery, body), body=body)
    except AddressRefused as refused:
        return None, str(refused)
    except httpx.TimeoutException:
        return None, f"It did not answer within {SECONDS} seconds."
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        return None, f"It could not be reached: {str(failed)[:200] or type(failed).__name__}."
    if 200 <= status < 300:
        return status, ""
    if 300 <= status < 400:
        return (
            status,
            f"It answered {status}: redirects are not followed, set the webhook to the new address.",
        )
    return status, f"It answered {status}."


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `TIMESTAMP.BODY` (RFC 2104) as the header holds it."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _headers(delivery: Delivery, body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Vouch-Webhook/1",
        "X-Vouch-Event": delivery.event,
        "X-Vouch-Delivery": str(delivery.pk),
        "X-Vouch-Timestamp": timestamp,
        "X-Vouch-Signature": signature(delivery.webhook.secret, timestamp, body),
    }


@transaction.atomic
def _take() -> Delivery | None:
    """The next that is due, held for this worker; None where nothing is."""
    due = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("webhook")
        .filter(
            state=DeliveryState.WAITING.value,
            next_at__lte=timezone.now(),
            webhook__active=True,
            webhook__deleted_at=None,
        )
        .order_by("next_at", "id")
        .first()
    )
    if due is not None:
        due.next_at = timezone.now() + LEASE
        due.attempts += 1
        due.save(update_fields=["next_at", "attempts"])
    return due


@transaction.atomic
def _settle(delivery: Delivery, status: int | None, error: str) -> None:
    """Write down how an attempt went, unless somebody began it anew meanwhile.

    What else waits for a receiver that did not answer waits as long: it comes in order, and the others do not wait.
    """
    now = timezone.now()
    found: dict[str, object] = {"status": status, "error": error}
    if not error:
        found |= {"state": DeliveryState.DELIVERED.value, "finished_at": now}
        Webhook.objects.filter(pk=delivery.webhook_id, failures__gt=0).update(failures=0, failing_since=None)
    else:
        later = now + pause(delivery.attempts)
        given_up = delivery.attempts > len(BACK_OFF)
        found |= {"state": DeliveryState.FAILED.value, "finished_at": now} if given_up else {"next_at": later}
        Delivery.objects.filter(
            webhook=delivery.webhook_id, state=DeliveryState.WAITING, next_at__lt=later
        ).exclude(pk=delivery.pk).update(next_at=later)
        _count_failure(delivery.webhook_id, error)
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING).update(
        **found
    )


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts, from 1 up: by chance up to a fifth less or more.

    Many receivers behind one that was down are not all asked in the same second when it is back.
    """
    return BACK_OFF[min(attempts, len(BACK_OFF)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)


def _count_failure(webhook_id: UUID, error: str) -> None:
    """One more in a row; a receiver that has failed often and for long is told nothing more, and an alarm says so."""
    webhook = (
        Webhook.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project")
        .get(pk=webhook_id)
    )
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or timezone.now()
    lasts = timezone.now() - webhook.failing_since
    is_given_up = webhook.active and webhook.failures >= MOST_FAILURES and lasts >= FAILING_FOR
    webhook.active = webhook.active and not is_given_up
    webhook.save(update_fields=["failures", "failing_since", "active"])
    if is_given_up:
        # Of the address the host alone: what follows it may be a secret, and leads are told who may not see it.
        raise_alarm(
            project=webhook.project,
            kind=AlarmKind.WEBHOOK_OFF,
            subject=str(webhook.pk),
            words=f"The webhook to {urlsplit(webhook.url).hostname} was switched off: {webhook.failures} attempts in "
            f"a row failed since {webhook.failing_since:%Y-%m-%d %H:%M} UTC. {error}",
            detail={
                "webhook": str(webhook.pk),
                "failures": webhook.failures,
                "failing_since": webhook.failing_since,
                "error": error,
            },
        )
