"""Which project a page is about, and who its reader is there."""

from typing import Any

from django.http import Http404, HttpRequest

from people.models import Project
from people.queries.projects import visible_to


def open_project(request: HttpRequest, slug: str) -> Project:
    """The project called `slug`; to whoever is not its member it does not exist. Raises Http404."""
    project = visible_to(request.user).filter(slug=slug).first()
    if project is None:
        raise Http404("There is no such project for you here.")
    return project


def page_context(project: Project, **context: Any) -> dict[str, Any]:
    """What every page of a project hands its template; `live` opens the page's websocket."""
    return {"project": project, "live": f"/ws/p/{project.slug}/", **context}
