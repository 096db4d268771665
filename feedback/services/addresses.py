"""Where what should be done in a project is done: the path of the page that a gap or an action names."""

from urllib.parse import urlencode

from django.urls import reverse

from feedback.domain.pipeline import Gap
from feedback.domain.weekly_actions import Action
from people.models import Project

OF_THE_INSTALLATION = "admin:"
"""Pages whose names begin so belong to no project; superusers alone reach them."""


def address_of(project: Project, asked: Gap | Action) -> str:
    """A path with its parameters and the part of the page."""
    args = [] if is_for_superusers(asked) else [project.slug]
    path = reverse(asked.page, args=[*args, *asked.args])
    return f"{path}{'?' if asked.query else ''}{urlencode(asked.query)}{'#' if asked.anchor else ''}{asked.anchor}"


def is_for_superusers(asked: Gap | Action) -> bool:
    """Whether only a superuser of the installation can do it."""
    return asked.page.startswith(OF_THE_INSTALLATION)
