"""Letting in whom a provider of sign-ins vouches for: by the identity tied to an account, the first time by address."""

import secrets
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from people.keys import folded
from people.models import Identity, User
from people.services import audit

LONGEST_ADDRESS = 254
LONGEST_NAME = 150


class Why(StrEnum):
    """Why somebody does not come in."""

    UNVERIFIED = "the provider has not verified an address of theirs"
    UNKNOWN = "no account has their address"
    AMBIGUOUS = "several accounts have their address"
    TAKEN = "the account with their address is somebody else's at the provider"
    INACTIVE = "their account is switched off"


class NotAdmitted(Exception):
    """`why` they do not come in, and the address, if one was verified."""

    def __init__(self, why: Why, address: str = "") -> None:
        super().__init__(str(why))
        self.why = why
        self.address = address


def admit(*, issuer: str, claims: dict[str, Any], newcomers: bool = False) -> User:
    """Whose account it is that `issuer` calls `claims["sub"]`.

    The first time it is that with the address in `claims`, if the issuer has verified it; from then on the address is
    not looked at. With `newcomers`, who has no account gets one that may do nothing yet. Raises NotAdmitted.
    """
    known = _known(issuer, claims["sub"])
    if known is None:
        try:
            known = _tie(issuer, claims, newcomers)
        except IntegrityError:
            # Two first sign-ins at once, in two tabs: the other one has tied them.
            known = _known(issuer, claims["sub"])
            if known is None:
                raise
    if not known.is_active or known.is_machine:
        raise NotAdmitted(Why.INACTIVE)
    return known


def _known(issuer: str, subject: str) -> User | None:
    identity = Identity.objects.filter(issuer=issuer, subject=subject).select_related("user").first()
    return identity.user if identity else None


@transaction.atomic
def _tie(issuer: str, claims: dict[str, Any], newcomers: bool) -> User:
    address = verified_address(claims)
    found = _with_address(address)
    if len(found) > 1:
        raise NotAdmitted(Why.AMBIGUOUS, address)
    if not found and not newcomers:
        raise NotAdmitted(Why.UNKNOWN, address)
    if found:
        user = User.objects.select_for_update(no_key=True).get(pk=found[0].pk)
        if not user.is_active:
            raise NotAdmitted(Why.INACTIVE, address)
        if held := Identity.objects.filter(user=user, issuer=issuer).first():
            # An address may be given to the next employee: theirs is not the account of whoever had it before.
            if held.subject != claims["sub"]:
                raise NotAdmitted(Why.TAKEN, address)
            return user
    else:
        user = _newcomer(address, claims)
    identity = Identity.objects.create(user=user, issuer=issuer, subject=claims["sub"])
    audit.record(
        actor=user, action="identity.tied", target=identity, detail={"issuer": issuer, "user": user.username}
    )
    return user


def verified_address(claims: dict[str, Any]) -> str:
    """The address of theirs that the provider has verified. Raises NotAdmitted where it says so of none."""
    address, is_verified = claims.get("email"), claims.get("email_verified")
    # Some providers write the word.
    if not (is_verified is True or is_verified == "true") or not isinstance(address, str):
        raise NotAdmitted(Why.UNVERIFIED)
    try:
        validate_email(address)
    except ValidationError:
        raise NotAdmitted(Why.UNVERIFIED) from None
    if len(address) > LONGEST_ADDRESS:
        raise NotAdmitted(Why.UNVERIFIED)
    return address


def _with_address(address: str) -> list[User]:
    """People with that address, in whatever case of the letters a to z."""
    alike = User.objects.filter(email__iexact=address, is_machine=False).order_by("pk")
    # The database takes a dotless i for an i in another case: that is somebody else's address.
    return [user for user in alike if user.email.encode().lower() == address.encode().lower()]


def _newcomer(address: str, claims: dict[str, Any]) -> User:
    local = folded(address.partition("@")[0])[:40] or "person"
    user = User(
        # The end makes it theirs alone: the same name is before the @ of many an address.
        username=f"{local}-{secrets.token_hex(3)}",
        email=address,
        first_name=_name(claims.get("given_name")),
        last_name=_name(claims.get("family_name")),
    )
    user.set_unusable_password()
    user.save()
    audit.record(actor=user, action="person.added", target=user, detail={"user": user.username})
    return user


def _name(given: object) -> str:
    name = " ".join(given.split()) if isinstance(given, str) else ""
    return name[:LONGEST_NAME] if name.isprintable() else ""
