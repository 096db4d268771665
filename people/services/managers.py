"""Making an associate the manager of their stores, and an associate again."""

from typing import Any

from django.db import transaction

from people import rules
from people.enums import Role
from people.models import Membership
from people.queries import sign_in_codes
from people.services import audit
from people.services.announcements import announce, shift_topic

NOT_ONE = "Only an associate of a store can manage it."
NO_STORE = "They belong to no store yet."
NO_PASSWORD = "They have no password yet, and whoever manages a store signs in by one."


class NotToManage(ValueError):
    """Who cannot manage a store; the words say why."""


@transaction.atomic
def set_manages(*, user: Any, membership: Membership, manages: bool) -> Membership:
    """From now on the associate manages every site of their membership, or none; again is the same.

    Who manages signs in by a password: the phones that a code signed in for them are signed out. Raises
    PermissionDenied for who does not lead the project, NotToManage for somebody who is no associate, belongs to no
    site, or has no password.
    """
    rules.check_role(user, membership.project, rules.LEADS, "say who manages a store")
    held = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
    if held.manages == manages:
        return membership
    if manages:
        _check(held)
        for code in sign_in_codes.live().filter(user=held.user_id):
            announce(shift_topic(code.pk), "shift.ended", [code.pk])
    membership.manages = held.manages = manages
    held.save(update_fields=["manages"])
    audit.record(
        actor=user,
        action="membership.manages" if manages else "membership.manages_no_more",
        target=held,
        project_id=held.project_id,
        detail={"user": held.user.username},
    )
    return membership


def _check(held: Membership) -> None:
    if held.role != Role.ASSOCIATE or held.user.is_machine:
        raise NotToManage(NOT_ONE)
    if not held.sites.exists():
        raise NotToManage(NO_STORE)
    if not held.user.has_usable_password():
        raise NotToManage(NO_PASSWORD)
