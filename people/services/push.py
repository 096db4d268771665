"""Notifications to phones: who wants them, and sending one, within quiet hours and so many an hour."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from people.domain import webpush
from people.models import PushSent, PushSubscription
from people.queries import push, sign_in_codes
from people.services import audit, push_keys
from people.services.sending import post
from people.services.webhook_address import AddressRefused, Target, check_url, resolve

WORTH_SECONDS = 3600
"""A phone that is off gets it within an hour or not at all: an alert is soon old."""

MOST_OF_A_PERSON = 10
REMEMBERED = timedelta(days=2)
GONE = {404, 410}


class SubscriptionRefused(ValueError):
    """A subscription that cannot be; `field` is what was wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Message:
    """What a notification says. `url` is where a tap leads; a later one of the same `tag` takes its place."""

    title: str
    body: str
    url: str
    tag: str


@transaction.atomic
def subscribe(*, user: Any, endpoint: str, p256dh: str, auth: str, **terms: Any) -> PushSubscription:
    """Tell this browser from now on, as its user; again changes the terms. A shared phone is whose it was last.

    `terms` are `timezone`, `language`, `quiet_from`, `quiet_until` and `per_hour`. Raises SubscriptionRefused.
    """
    try:
        check_url(endpoint, private_allowed=settings.PRIVATE_WEBHOOKS)
    except AddressRefused as refused:
        raise SubscriptionRefused("endpoint", str(refused)) from None
    try:
        webpush.check_keys(p256dh, auth)
    except ValueError:
        raise SubscriptionRefused("keys", "are not a browser's.") from None
    if (terms.get("quiet_from") is None) != (terms.get("quiet_until") is None):
        raise SubscriptionRefused("quiet_until", "quiet hours have a begin and an end.")
    made, is_new = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"user": user, "code": user.shift, "p256dh": p256dh, "auth": auth, **terms},
    )
    if is_new:
        # A browser that forgot its subscription makes another: the oldest go.
        kept = PushSubscription.objects.filter(user=user).order_by("-id").values("pk")[:MOST_OF_A_PERSON]
        PushSubscription.objects.filter(user=user).exclude(
            pk__in=list(kept.values_list("pk", flat=True))
        ).delete()
        audit.record(actor=user, action="push.subscribed", target=made)
    return made


@transaction.atomic
def unsubscribe(*, user: Any, subscription: PushSubscription) -> None:
    """Tell this browser nothing any more."""
    audit.record(actor=user, action="push.unsubscribed", target=subscription)
    subscription.delete()


def tell(*, users: Iterable[int], site_id: int, subject: str, message: Callable[[], Message]) -> int:
    """Send it to every browser of these people that wants it now, once for each subject; how many were sent.

    `site_id` is the store it is about: a phone signed in at one by a code hears of that alone. `message` is asked in
    the language of each.
    """
    key = push_keys.private_key()
    if key is None:
        return 0
    sent = 0
    for subscription in push.subscriptions_of(users):
        if not _may_hear(subscription, site_id) or not _reserve(subscription, subject):
            continue
        with translation.override(subscription.language):
            said = message()
        sent += _send(subscription, said, key)
    return sent


def _may_hear(subscription: PushSubscription, site_id: int) -> bool:
    if subscription.code_id is not None:
        held = sign_in_codes.holding(subscription.code_id, subscription.user_id)
        if held is None:
            subscription.delete()
            return False
        if held.site_id != site_id:
            return False
    return not is_quiet(subscription, timezone.now())


def is_quiet(subscription: PushSubscription, now: datetime) -> bool:
    """Whether it is within the quiet hours that this browser asked for."""
    begin, end = subscription.quiet_from, subscription.quiet_until
    if begin is None or end is None:
        return False
    here: clock = now.astimezone(ZoneInfo(subscription.timezone)).time()
    return begin <= here < end if begin <= end else here >= begin or here < end


@transaction.atomic
def _reserve(subscription: PushSubscription, subject: str) -> bool:
    """Whether it may be told of this; counted before it is sent, so that a worker that dies tells nobody twice."""
    held = PushSubscription.objects.select_for_update().filter(pk=subscription.pk).first()
    if held is None:
        return False
    lately = PushSent.objects.filter(subscription=held, at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= held.per_hour:
        return False
    _, is_new = PushSent.objects.get_or_create(subscription=held, subject=subject)
    return is_new


def _send(subscription: PushSubscription, message: Message, key: Any) -> bool:
    body = json.dumps(message.__dict__, ensure_ascii=False).encode()
    try:
        target = resolve(subscription.endpoint, private_allowed=settings.PRIVATE_WEBHOOKS)
        sealed = webpush.encrypt(body, p256dh=subscription.p256dh, auth=subscription.auth)
        status = post(target, headers=_headers(target, key), body=sealed)
    except (AddressRefused, httpx.HTTPError, httpx.InvalidURL):
        return False
    if status in GONE:
        subscription.delete()
    return 200 <= status < 300


def _headers(target: Target, key: Any) -> dict[str, str]:
    origin = f"{target.parts.scheme}://{target.parts.netloc}"
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(WORTH_SECONDS),
        "Urgency": "high",
        "Authorization": webpush.authorization(
            key, audience=origin, contact=settings.PUSH_CONTACT, expires_at=int(time.time()) + 12 * 3600
        ),
    }


def forget_old() -> int:
    """Drop what was told more than two days ago, and the subscriptions of shifts that are over; how many."""
    now = timezone.now()
    over = PushSubscription.objects.filter(code__ends_at__lt=now) | PushSubscription.objects.filter(
        code__revoked_at__isnull=False
    )
    gone, _ = over.delete()
    told, _ = PushSent.objects.filter(at__lt=now - REMEMBERED).delete()
    return gone + told
