"""Signing phones in without typing: making codes, using and revoking them."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from people import rules
from people.enums import Role
from people.keys import folded
from people.models import Membership, Project, SignInCode, Site, User
from people.queries import sign_in_codes
from people.services import audit
from people.services.announcements import announce, shift_topic
from people.services.tokens import digest_of

LONGEST_SHIFT = timedelta(hours=24)
LONGEST_NAME = 100


class CodeRefused(ValueError):
    """A code that cannot be made; `field` is what was wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class CodeSpent(Exception):
    """The code was used, revoked or has run out, or never was one."""


@transaction.atomic
def make_code(
    *,
    user: Any,
    project: Project,
    site: Site,
    person: User | None = None,
    name: str = "",
    hours: float = 9,
    is_single_use: bool = True,
) -> tuple[SignInCode, str]:
    """A code that signs `person` in at the site for so many hours; returns it and its secret, shown once.

    Without a person, somebody new called `name` becomes an associate of the site, with no password. Raises
    PermissionDenied for who manages neither site nor project, CodeRefused for a person who is more than an associate
    of that site, a name that is none, or hours outside 0 to 24.
    """
    rules.check_manages(user, project, site.pk)
    if not 0 < hours <= LONGEST_SHIFT / timedelta(hours=1):
        raise CodeRefused("hours", "must be above 0 and at most 24.")
    if person is None:
        person = _newcomer(user, project, site, name)
    elif not sign_in_codes.associates_at(project, site).filter(pk=person.pk).exists():
        raise CodeRefused(
            "person", "is no associate of this site, or may do more than one; they use a password."
        )
    secret = secrets.token_urlsafe(32)
    code = SignInCode.objects.create(
        user=person,
        project=project,
        site=site,
        digest=digest_of(secret),
        is_single_use=is_single_use,
        ends_at=timezone.now() + timedelta(hours=hours),
        made_by=user,
    )
    audit.record(
        actor=user,
        action="sign_in_code.made",
        target=code,
        project_id=project.pk,
        detail={"user": person.username, "site": site.key, "single_use": is_single_use},
    )
    return code, secret


def _newcomer(user: Any, project: Project, site: Site, name: str) -> User:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CodeRefused("name", "must be the person's name, of 1 to 100 characters.")
    # The end makes it theirs alone: two people of one name work at many a store.
    username = f"{folded(name)[:40] or 'associate'}-{secrets.token_hex(3)}"
    person = User(username=username, first_name=name)
    person.set_unusable_password()
    person.save()
    held = Membership.objects.create(user=person, project=project, role=Role.ASSOCIATE.value)
    held.sites.add(site)
    audit.record(
        actor=user,
        action="associate.added",
        target=person,
        project_id=project.pk,
        detail={"user": username, "site": site.key},
    )
    return person


def find(secret: str) -> SignInCode:
    """The code, if it may be used now; looking uses nothing up. Raises CodeSpent."""
    code = sign_in_codes.usable(digest_of(secret))
    if code is None:
        raise CodeSpent("This code was used, withdrawn or has run out. Ask for a new one.")
    return code


@transaction.atomic
def use(*, secret: str) -> SignInCode:
    """Count one use of the code and return it; of two phones with a single-use code one gets in. Raises CodeSpent."""
    SignInCode.objects.select_for_update().filter(digest=digest_of(secret)).first()
    code = find(secret)
    code.uses += 1
    code.last_used_at = timezone.now()
    code.save(update_fields=["uses", "last_used_at"])
    audit.record(actor=code.user, action="sign_in_code.used", target=code, project_id=code.project_id)
    return code


@transaction.atomic
def revoke(*, user: Any, code: SignInCode) -> SignInCode:
    """Let nobody in by it any more, and sign out who came in by it; again is the same. Raises PermissionDenied."""
    rules.check_manages(user, code.project, code.site_id)
    held = SignInCode.objects.select_for_update(of=("self",)).get(pk=code.pk)
    if held.revoked_at is None:
        code.revoked_at = held.revoked_at = timezone.now()
        held.save(update_fields=["revoked_at"])
        audit.record(actor=user, action="sign_in_code.revoked", target=held, project_id=held.project_id)
        announce(shift_topic(held.pk), "shift.ended", [held.pk])
    return code


def shift_of(user_id: int, code_id: str) -> SignInCode | None:
    """The code a session was signed in by, while it holds; None once its shift is over."""
    return sign_in_codes.holding(UUID(code_id), user_id)
