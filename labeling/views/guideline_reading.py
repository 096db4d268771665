"""The guideline beside the work, and what is asked to be read before the next answer."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from labeling.markup import render_markdown
from labeling.models import GuidelineVersion, Label
from labeling.queries import guidelines
from labeling.queries.guideline_changes import compare
from labeling.queries.guideline_flags import replies_to
from labeling.views.access import project_or_404
from labeling.views.change_rows import ChangesShown, changes_shown
from labeling.views.example_rows import ExampleRow, by_label
from people.models import Project
from people.views.language import in_readers_language


@dataclass(frozen=True)
class Words:
    """A version as its readers see it: safe HTML, and the examples by label."""

    id: UUID
    number: int | None
    html: SafeString
    examples: list[tuple[Label, list[ExampleRow]]]


def as_read(version: GuidelineVersion, user: Any) -> Words:
    """A version with the addresses of its examples made for the user."""
    return Words(
        version.pk,
        version.number,
        render_markdown(version.body),
        by_label(guidelines.examples_of(version), user),
    )


def words_in_force(project: Project, user: Any) -> Words | None:
    """The version in force; None before the first."""
    version = guidelines.in_force(project)
    return None if version is None else as_read(version, user)


def guideline_in_force(request: HttpRequest, slug: str) -> HttpResponse:
    """What stands beside the work, for a page that is open while a new version is published."""
    project = project_or_404(request, slug, _any_member)
    context = {
        "project": project,
        "guideline": words_in_force(project, request.user),
        "replies": replies_to(request.user, project),
    }
    return render(request, "labeling/_guideline.html", context)


@in_readers_language
def guideline_to_read(request: HttpRequest, slug: str) -> HttpResponse:
    """What the dialog asks to be read: first what is new since the version this person read, then all of it."""
    project = project_or_404(request, slug, _any_member)
    version = guidelines.in_force(project)
    before = guidelines.last_read(request.user, version) if version else None
    changes: ChangesShown | None = None
    if version and before:
        changes = changes_shown(compare(before, version), request.user)
    context = {
        "project": project,
        "guideline": as_read(version, request.user) if version else None,
        "changes": changes,
    }
    return render(request, "labeling/guidelines/to_read.html", context)


def _any_member(user: Any, project: Project) -> None:
    """Every member reads what they go by; `project_or_404` has turned others away."""
