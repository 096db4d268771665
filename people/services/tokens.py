"""Making tokens and finding whose they are."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from people.enums import Role, Scope
from people.models import Membership, Project, Site, Token, User
from people.queries.prepared import Prepared
from people.services import audit

ALLOWED_SCOPES = {
    Role.ASSOCIATE: {Scope.ANSWER, Scope.READ},
    Role.ANNOTATOR: {Scope.ANSWER, Scope.READ},
    Role.QA_LEAD: {Scope.ANSWER, Scope.READ, Scope.INGEST, Scope.ADMIN},
    Role.ENGINEER: set(Scope),
}


class ScopeTooWide(ValueError):
    """A token was asked for that could do more than its owner's role."""


def digest_of(secret: str) -> bytes:
    """What is kept of a token: the SHA-256 of its 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


@transaction.atomic
def create_token(
    *,
    user: User,
    role: Role,
    project: Project | None,
    slug: str,
    scopes: Sequence[Scope],
    sites: Sequence[Site] = (),
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[Token, str]:
    """Mint a token and give its owner the role where they have none; returns it and its secret, shown once.

    With no project yet, the token is an engineer's and may do one thing: create the project called `slug`.
    Raises ScopeTooWide where a scope exceeds the role the owner holds.
    """
    if project is not None:
        member, _ = Membership.objects.get_or_create(user=user, project=project, defaults={"role": role})
        member.sites.add(*sites)
        role = Role(member.role)
    beyond = set(scopes) - ALLOWED_SCOPES[role]
    if beyond:
        raise ScopeTooWide(f"{role} may not have scope {', '.join(sorted(beyond))}.")
    secret = secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        project=project,
        reserved_slug="" if project else slug,
        digest=digest_of(secret),
        scopes=[str(s) for s in scopes],
        expires_at=expires_at,
    )
    audit.record(
        actor=by,
        action="token.created",
        target=token,
        project_id=project.pk if project else None,
        detail={"user": user.username, "scopes": token.scopes},
    )
    return token, secret


def find_token(secret: str) -> Token | None:
    """The live token with this secret: neither revoked nor expired, its owner active.

    The owner's membership in its project comes with it, as `rules.membership` keeps it.
    """
    token = LIVE.first(digest=digest_of(secret), now=timezone.now())
    if token is not None and token.project_id is not None:
        held = None
        if token.held_id is not None:
            held = Membership(
                id=token.held_id, user=token.user, project_id=token.project_id, role=token.held_role
            )
            held.site_ids = token.held_site_ids
        token.user.__dict__["_memberships"] = {token.project_id: held}
    return token


def _live(digest: bytes, now: datetime) -> QuerySet[Token]:
    held = Membership.objects.filter(user=OuterRef("user"), project=OuterRef("project"))
    sites = Membership.sites.through.objects.filter(
        membership__user=OuterRef("user"), membership__project=OuterRef("project")
    )
    return (
        Token.objects.select_related("user", "project")
        .filter(digest=digest, revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .annotate(
            held_id=Subquery(held.values("id")),
            held_role=Subquery(held.values("role")),
            held_site_ids=ArraySubquery(sites.order_by("site").values("site_id")),
        )
    )


LIVE: Prepared[Any] = Prepared(_live, digest=b"a sample", now=datetime(2000, 1, 1, tzinfo=UTC))


def adopt(*, token: Token, project: Project) -> None:
    """The project a token was reserved for exists now: the token belongs to it from here on."""
    token.project, token.reserved_slug = project, ""
    token.save(update_fields=["project", "reserved_slug"])
