"""Where what should be done in a project is done: the path of the page that a gap or an action names."""

from urllib.parse import urlencode

from django.urls import reverse

from feedback.domain.pipeline import Gap
from feedback.domain.weekly_actions import Action
from people.models import Project

FOR_SUPERUSERS = "admin:"
"""How the names of pages begin that superusers alone reach."""
OF_THE_INSTALLATION = (FOR_SUPERUSERS, "runbook")
"""And of pages that belong to no project."""


def address_of(project: Project, asked: Gap | Action) -> str:
    """A path with its parameters and the part of the page."""
    args = [] if asked.page.startswith(OF_THE_INSTALLATION) else [project.slug]
    path = reverse(asked.page, args=[*args, *asked.args])
    return f"{path}{'?' if asked.query else ''}{urlencode(asked.query)}{'#' if asked.anchor else ''}{asked.anchor}"


def is_for_superusers(asked: Gap | Action) -> bool:
    """Whether only a superuser of the installation can do it."""
    return asked.page.startswith(FOR_SUPERUSERS)
