"""Opening sites."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from people import rules
from people.models import Site
from people.services import audit


class KeyTaken(ValueError):
    """Another site has this key."""


@transaction.atomic
def create_site(*, user: Any, key: str, name: str, timezone: str = "UTC") -> Site:
    """A store or plant of this installation. Raises KeyTaken, and PermissionDenied for who is no engineer."""
    if not rules.can_manage_sites(user):
        raise PermissionDenied("Only engineers may open sites.")
    try:
        with transaction.atomic():
            site = Site.objects.create(key=key, name=name, timezone=timezone)
    except IntegrityError:
        raise KeyTaken(f"{key!r} is taken by another site.") from None
    audit.record(actor=user, action="site.created", target=site)
    return site
