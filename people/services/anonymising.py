"""Taking the person out of an account: what they did stays under a pseudonym, and nobody signs in as them again."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from people import rules
from people.models import IdempotencyKey, SecondFactor, SignInCode, User
from people.queries.sign_in_codes import live
from people.services import audit
from people.services.announcements import announce, shift_topic

PREFIX = "erased-"
PERSONAL = {"first_name": "", "last_name": "", "email": "", "last_login": None}


class NotToErase(ValueError):
    """An account that cannot be erased; the message says why."""


@dataclass(frozen=True)
class Anonymised:
    """`pseudonym` is the account's username now; `removed` how many of what; `is_new` False where it was so before."""

    pseudonym: str
    removed: dict[str, int]
    is_new: bool


@transaction.atomic
def anonymise(*, by: User | None, person: User) -> Anonymised:
    """Remove name, address and every way in from an account, and put a pseudonym in place of its username.

    `by` None stands for the console. Again is the same. Raises PermissionDenied, and NotToErase for one's own.
    """
    if by is not None:
        rules.check_erase_people(by)
        if by.pk == person.pk:
            raise NotToErase("This is your own account: have another superuser erase it.")
    held = User.objects.select_for_update().get(pk=person.pk)
    known_as = {held.username, str(held)}
    is_new = not is_erased(held)
    if is_new:
        held.username = _pseudonym(held)
    removed = _remove_ways_in(held)
    for name, nothing in PERSONAL.items():
        setattr(held, name, nothing)
    held.is_active = held.is_staff = held.is_superuser = False
    held.set_unusable_password()
    held.save()
    held.groups.clear()
    held.user_permissions.clear()
    removed["admin log"] = _rename_in_admin_log(held, known_as)
    if is_new:
        audit.record(actor=by, action="person.erased", target=held, detail={"removed": removed})
    return Anonymised(held.username, removed, is_new)


def is_erased(held: User) -> bool:
    """Whether nobody is behind the account any more."""
    return (
        held.username.startswith(f"{PREFIX}{held.pk}")
        and not held.is_active
        and not any(getattr(held, name) for name in PERSONAL)
    )


def _pseudonym(held: User) -> str:
    wished = f"{PREFIX}{held.pk}"
    taken = User.objects.filter(username=wished).exclude(pk=held.pk).exists()
    return f"{wished}-{secrets.token_hex(3)}" if taken else wished


def _remove_ways_in(held: User) -> dict[str, int]:
    for code in live().filter(user=held):
        announce(shift_topic(code.pk), "shift.ended", [code.pk])
    rows: dict[str, Any] = {
        "tokens": held.tokens.all(),
        "identities": held.identities.all(),
        "notifications": held.push_subscriptions.all(),
        "sign-in codes": SignInCode.objects.filter(user=held),
        "memberships": held.memberships.all(),
        "second factor": SecondFactor.objects.filter(user=held),
        "repeatable requests": IdempotencyKey.objects.filter(user=held),
    }
    removed = {what: found.count() for what, found in rows.items()}
    for found in rows.values():
        found.delete()
    return removed | {"sessions": _end_sessions(held)}


def _end_sessions(held: User) -> int:
    """Sessions name their user in what is encoded, so each is looked into."""
    theirs = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(held.pk)
    ]
    return Session.objects.filter(pk__in=theirs).delete()[0]


def _rename_in_admin_log(held: User, known_as: set[str]) -> int:
    """The admin's own log writes out what a changed row was called: the account, its memberships and tokens."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(held.pk))
    for name in known_as - {held.username}:
        about |= Q(object_repr__startswith=f"{name} as ") | Q(object_repr__startswith=f"token of {name} (")
    return LogEntry.objects.filter(about).exclude(object_repr=held.username).update(object_repr=held.username)
