"""What a caller may reach: their projects, and with a token the one it belongs to."""

from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from people.api.problems import Problem
from people.models import Project, Token
from people.queries import projects
from people.views.second_factor import is_missing

Row = TypeVar("Row", bound=Model)


def within_token(request: Request, rows: QuerySet[Row], project_field: str = "project") -> QuerySet[Row]:
    """The rows of the token's project; all of them for a session. `project_field` is a lookup path."""
    if not isinstance(request.auth, Token):
        return rows
    return rows.filter(**{project_field: request.auth.project_id})


def get_project(request: Request, slug: str) -> Project:
    """The project called `slug`; to whoever may not see it, it does not exist. Raises Http404."""
    visible = within_token(request, projects.visible_to(request.user), "pk")
    project = visible.filter(slug=slug).first()
    if project is None:
        raise Http404(f"There is no project {slug!r} for you here.")
    return project


def get_row(request: Request, rows: QuerySet[Row], project_field: str = "project", **lookup: Any) -> Row:
    """The one row of `rows` (already narrowed by `visible_to`) that the lookup names. Raises Http404."""
    row = within_token(request, rows, project_field).filter(**lookup).first()
    if row is None:
        raise Http404(f"There is no such {rows.model._meta.verbose_name} for you here.")
    return row


def check_row(request: Request, row: Row | None, name: str) -> Row:
    """The row that was found for the caller, if it is of the token's project too. Raises Http404."""
    if row is None or (isinstance(request.auth, Token) and request.auth.project_id != row.project_id):  # type: ignore[attr-defined]
        raise Http404(f"There is no such {name} for you here.")
    return row


def check_whole_installation(request: Request) -> None:
    """Raise PermissionDenied for a token that is still waiting for its project."""
    if isinstance(request.auth, Token) and request.auth.project_id is None:
        raise PermissionDenied(
            f"This token can only create the project {request.auth.reserved_slug!r}: POST /api/v1/projects/."
        )


def check_whose_page(request: Request) -> None:
    """Raise 401 another-user where the page that calls was opened by somebody else than who is signed in by now.

    A page left open keeps what its author said, and its cookie becomes the next person's: `X-Vouch-User` is the id
    of who opened it, so that nobody's words are recorded as another's.
    """
    opened_by = request.headers.get("X-Vouch-User")
    if opened_by is None or isinstance(request.auth, Token) or not request.user.is_authenticated:
        return
    if opened_by != str(request.user.pk):
        raise Problem(
            "another-user",
            401,
            f"{request.user} is signed in in this browser now; this page is another person's.",
        )


def check_second_factor(request: Request) -> None:
    """Raise 403 second-factor-first for a session that has to give a code first; a token is a factor of its own."""
    if not settings.SECOND_FACTOR_FOR or isinstance(request.auth, Token):
        return
    if is_missing(request.session, request.user):
        raise Problem(
            "second-factor-first",
            403,
            "This installation asks you for a second factor: open /second-factor/.",
        )
