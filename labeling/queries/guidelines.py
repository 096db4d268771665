"""Which guideline is in force, and who has read it."""

from typing import Any

from django.db.models import Q, QuerySet

from labeling.models import GuidelineAcknowledgement, GuidelineExample, GuidelineVersion
from people.models import Project
from people.queries.projects import led_by


def in_force(project: Project) -> GuidelineVersion | None:
    """The newest published version; None before the first."""
    return project.guidelines.filter(published_at__isnull=False).order_by("-number").first()


def draft(project: Project) -> GuidelineVersion | None:
    """The version being written, if any."""
    return project.guidelines.filter(published_at=None).first()


def has_read(user: Any, guideline: GuidelineVersion) -> bool:
    """Whether the user has acknowledged this version."""
    return GuidelineAcknowledgement.objects.filter(user=user, guideline=guideline).exists()


def published(project: Project) -> QuerySet[GuidelineVersion]:
    """The project's published versions."""
    return project.guidelines.filter(published_at__isnull=False)


def last_read(user: Any, before: GuidelineVersion) -> GuidelineVersion | None:
    """The newest version the user has acknowledged of those published before this one."""
    older = before.project.guidelines.filter(published_at__isnull=False, acknowledgements__user=user).exclude(
        pk=before.pk
    )
    if before.number is not None:
        older = older.filter(number__lt=before.number)
    return older.order_by("-number").first()


def examples_of(guideline: GuidelineVersion) -> QuerySet[GuidelineExample]:
    """A version's examples in the order of its labels, the right ones first, with image, label and author."""
    return guideline.examples.select_related("image", "label", "author").order_by(
        "label__position", "label", "-is_right", "id"
    )


def visible_examples(user: Any) -> QuerySet[GuidelineExample]:
    """The examples of the versions the user may read."""
    return GuidelineExample.objects.filter(guideline__in=visible_to(user)).select_related(
        "guideline__project", "image", "label"
    )


def visible_to(user: Any) -> QuerySet[GuidelineVersion]:
    """The versions of the user's projects: published ones, and for who writes guidelines the draft."""
    return GuidelineVersion.objects.filter(
        Q(project__in=led_by(user)) | Q(published_at__isnull=False),
        project__memberships__user=user,
    ).select_related("project")
