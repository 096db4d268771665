"""Codes that sign phones in: whose they are to see, whom they may be for, and which still hold."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from people.enums import Role
from people.models import Membership, Project, SignInCode, Site, User
from people.queries.projects import led_by
from people.rules import LEADS, has_role, membership


def sites_to_manage(user: Any, project: Project) -> QuerySet[Site]:
    """The sites of the project for which the user may make codes: all with an associate for its leads."""
    if has_role(user, project, LEADS):
        return Site.objects.filter(
            Exists(Membership.objects.filter(project=project, sites=OuterRef("pk")))
            | Exists(project.sources.filter(site=OuterRef("pk")))
        ).order_by("name", "pk")
    held = membership(user, project)
    ids = held.site_ids if held is not None and held.manages else []
    return Site.objects.filter(pk__in=ids).order_by("name", "pk")


def visible_to(user: Any) -> QuerySet[SignInCode]:
    """The codes of projects the user leads, and of sites they manage; on a phone signed in by one, none."""
    if user.shift is not None:
        return SignInCode.objects.none()
    managed = Membership.objects.filter(
        user=user, manages=True, project=OuterRef("project"), sites=OuterRef("site")
    )
    return SignInCode.objects.filter(Q(project__in=led_by(user)) | Exists(managed)).select_related(
        "project", "site", "user", "made_by"
    )


def plain_associates() -> QuerySet[User]:
    """People who are associates and nothing more anywhere: whoever could do more signs in by a password."""
    more = Membership.objects.filter(user=OuterRef("pk")).exclude(role=Role.ASSOCIATE.value, manages=False)
    return User.objects.filter(
        ~Exists(more), is_active=True, is_machine=False, is_staff=False, is_superuser=False
    )


def associates_at(project: Project, site: Site) -> QuerySet[User]:
    """Those of them who work at the site in the project, by name."""
    there = Membership.objects.filter(user=OuterRef("pk"), project=project, sites=site)
    return plain_associates().filter(Exists(there)).order_by("first_name", "last_name", "username")


def live() -> QuerySet[SignInCode]:
    """The codes whose shift is not over, for somebody who still works there as an associate."""
    there = Membership.objects.filter(
        user=OuterRef("user"), project=OuterRef("project"), sites=OuterRef("site")
    )
    people = plain_associates().filter(pk=OuterRef("user"))
    return SignInCode.objects.filter(
        Exists(there), Exists(people), revoked_at=None, ends_at__gt=timezone.now()
    ).select_related("user", "site", "project")


def usable(digest: bytes) -> SignInCode | None:
    """The live code with this digest that may be used now; None where it was used up, or never was."""
    return live().filter(Q(is_single_use=False) | Q(uses=0), digest=digest).first()


def holding(pk: UUID, user_id: int) -> SignInCode | None:
    """The code a session was signed in by, while it holds."""
    return live().filter(pk=pk, user=user_id).first()
