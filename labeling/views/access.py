"""Which project a page is about: its members find it, and to everybody else it does not exist."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest

from people.models import Project
from people.queries import projects


def project_or_404(request: HttpRequest, slug: str, check: Callable[[Any, Project], None]) -> Project:
    """The project called `slug`. Raises Http404 for a stranger and what `check(user, project)` raises."""
    project = projects.visible_to(request.user).filter(slug=slug).first()
    if project is None:
        raise Http404(f"There is no project {slug!r} for you here.")
    check(request.user, project)
    return project
