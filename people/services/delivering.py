"""Sending what waits in the outbox of webhooks: signed, bounded in time and size, and again where it did not arrive."""

import hashlib
import hmac
import time
from datetime import timedelta

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from people.enums import DeliveryState
from people.models import Delivery
from people.services.webhook_address import AddressRefused, Target, resolve

BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 43200, 86400))
"""How long to wait after each attempt that went wrong; after the last of them it has failed."""

SECONDS = 10
"""An attempt takes no longer, however slowly the receiver answers."""

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
        status = _post(target, delivery)
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


def _post(target: Target, delivery: Delivery) -> int:
    body, timestamp = delivery.body.encode(), str(int(time.time()))
    host = f"[{target.address}]" if ":" in target.address else target.address
    path = target.parts.path or "/"
    query = f"?{target.parts.query}" if target.parts.query else ""
    headers = {
        # Connecting to the address that was looked at, under the name that was asked for.
        "Host": target.parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Vouch-Webhook/1",
        "X-Vouch-Event": delivery.event,
        "X-Vouch-Delivery": str(delivery.pk),
        "X-Vouch-Timestamp": timestamp,
        "X-Vouch-Signature": signature(delivery.webhook.secret, timestamp, body),
    }
    ends = time.monotonic() + SECONDS
    # No proxy of the environment: it would look the name up again. No redirect: it could lead inside.
    with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
        request = client.build_request(
            "POST",
            f"{target.parts.scheme}://{host}:{target.port}{path}{query}",
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.host},
        )
        answer = client.send(request, stream=True)
        try:
            # What it says besides its status is nobody's business, and may have no end.
            if time.monotonic() > ends:
                raise httpx.ReadTimeout("too slow", request=request)
            return answer.status_code
        finally:
            answer.close()


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


def _settle(delivery: Delivery, status: int | None, error: str) -> None:
    """Write down how an attempt went, unless somebody began it anew meanwhile.

    What else waits for a receiver that did not answer waits as long: it comes in order, and the others do not wait.
    """
    now = timezone.now()
    found: dict[str, object] = {"status": status, "error": error}
    if not error:
        found |= {"state": DeliveryState.DELIVERED.value, "finished_at": now}
    else:
        later = now + BACK_OFF[min(delivery.attempts, len(BACK_OFF)) - 1]
        given_up = delivery.attempts > len(BACK_OFF)
        found |= {"state": DeliveryState.FAILED.value, "finished_at": now} if given_up else {"next_at": later}
        Delivery.objects.filter(
            webhook=delivery.webhook_id, state=DeliveryState.WAITING, next_at__lt=later
        ).exclude(pk=delivery.pk).update(next_at=later)
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING).update(
        **found
    )
