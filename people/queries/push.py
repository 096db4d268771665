"""Browsers that want to be told."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from people.models import PushSubscription


def visible_to(user: Any) -> QuerySet[PushSubscription]:
    """The user's own; on a phone signed in by a code, those of that shift."""
    mine = PushSubscription.objects.filter(user=user)
    return mine if user.shift is None else mine.filter(code=user.shift)


def subscriptions_of(users: Iterable[int]) -> QuerySet[PushSubscription]:
    """Those of these people, who are still active."""
    return PushSubscription.objects.filter(user__in=list(users), user__is_active=True).order_by("id")
