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
        known |= {held.project_id: held for held in mine}
        known.setdefault(project.pk, None)
    return known[project.pk]


def has_role(user: Any, project: "Project", roles: Iterable[Role]) -> bool:
    """Whether the user holds one of the roles in the project."""
    held = membership(user, project)
    return held is not None and Role(held.role) in set(roles)


def check_role(user: Any, project: "Project", roles: Iterable[Role], doing: str) -> None:
    """Raise PermissionDenied, saying what was refused and who may, unless the user holds one of the roles."""
    roles = sorted(set(roles))
    if not has_role(user, project, roles):
        raise PermissionDenied(f"Only {' or '.join(str(r) for r in roles)} may {doing}.")


def can_see_project(user: Any, project: "Project") -> bool:
    """Members see their project; nobody else learns that it exists."""
    return membership(user, project) is not None


def can_create_project(user: Any) -> bool:
    """An engineer of any project, or the installation's superuser, may open another."""
    return user.is_superuser or user.memberships.filter(role=Role.ENGINEER).exists()


def can_manage_sites(user: Any) -> bool:
    """Sites belong to the installation; engineers keep them."""
    return can_create_project(user)
