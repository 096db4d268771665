"""Which guideline is in force, and who has read it."""

from typing import Any

from labeling.models import GuidelineAcknowledgement, GuidelineVersion
from people.models import Project


def in_force(project: Project) -> GuidelineVersion | None:
    """The newest published version; None before the first."""
    return project.guidelines.filter(published_at__isnull=False).order_by("-number").first()


def draft(project: Project) -> GuidelineVersion | None:
    """The version being written, if any."""
    return project.guidelines.filter(published_at=None).first()


def has_read(user: Any, guideline: GuidelineVersion) -> bool:
    """Whether the user has acknowledged this version."""
    return GuidelineAcknowledgement.objects.filter(user=user, guideline=guideline).exists()
