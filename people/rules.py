"""Who holds which role where. Every app's rules are built from these questions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef

from people.enums import Role

if TYPE_CHECKING:
    from people.models import Membership, Project

LEADS = frozenset({Role.QA_LEAD, Role.ENGINEER})
"""Who leads a project: reads everything in it, sets it up and improves its models."""


def membership(user: Any, project: "Project") -> "Membership | None":
    """The user's membership in the project; all of theirs are read at once, and kept on the user object.

    Its `site_ids` are the sites it is bounded to, in order.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    known = user.__dict__.setdefault("_memberships", {})
    if project.pk not in known:
        sites = user.memberships.model.sites.through.objects.filter(membership=OuterRef("pk"))
        mine = user.memberships.annotate(site_ids=ArraySubquery(sites.order_by("site").values("site_id")))
        known |= {held.project_id: _within_shift(user, held) for held in mine}
        known.setdefault(project.pk, None)
    return known[project.pk]


def _within_shift(user: Any, held: "Membership") -> "Membership | None":
    """What is left of a membership on a phone signed in by a code: an associate's work at that code's site."""
    if user.shift is None:
        return held
    bounds = user.shift
    if (
        held.role != Role.ASSOCIATE
        or held.project_id != bounds.project_id
        or bounds.site_id not in held.site_ids
    ):
        return None
    held.site_ids, held.manages = [bounds.site_id], False
    return held


def has_role(user: Any, project: "Project", roles: Iterable[Role]) -> bool:
    """Whether the user holds one of the roles in the project."""
    held = membership(user, project)
    return held is not None and Role(held.role) in set(roles)


def check_role(user: Any, project: "Project", roles: Iterable[Role], doing: str) -> None:
    """Raise PermissionDenied, saying what was refused and who may, unless the user holds one of the roles."""
    roles = sorted(set(roles))
    if not has_role(user, project, roles):
        raise PermissionDenied(f"Only {' or '.join(role.plural for role in roles)} may {doing}.")


def can_see_project(user: Any, project: "Project") -> bool:
    """Members see their project; nobody else learns that it exists."""
    return membership(user, project) is not None


def can_create_project(user: Any) -> bool:
    """An engineer of any project, or the installation's superuser, may open another."""
    return user.is_superuser or user.memberships.filter(role=Role.ENGINEER).exists()


def can_manage_sites(user: Any) -> bool:
    """Sites belong to the installation; engineers keep them."""
    return can_create_project(user)


def can_erase_people(user: Any) -> bool:
    """Accounts are the installation's: its superuser erases them, signed in as themselves."""
    return user.is_authenticated and user.is_active and user.is_superuser and user.shift is None


def check_erase_people(user: Any) -> None:
    """Raise PermissionDenied unless the user may erase a person's account."""
    if not can_erase_people(user):
        raise PermissionDenied("Only a superuser of this installation may erase a person's account.")


def manages(user: Any, project: "Project", site_id: int | None = None) -> bool:
    """Whether the user leads the project, or manages the site in it (None: any site)."""
    held = membership(user, project)
    if held is None:
        return False
    if held.role in LEADS:
        return True
    return held.manages and (bool(held.site_ids) if site_id is None else site_id in held.site_ids)


def check_manages(user: Any, project: "Project", site_id: int | None = None) -> None:
    """Raise PermissionDenied unless the user leads the project or manages the site (None: any) in it."""
    if not manages(user, project, site_id):
        raise PermissionDenied("Only a site's manager, qa_lead or engineer may sign phones in there.")
