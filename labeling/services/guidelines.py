"""Writing, publishing and acknowledging guidelines."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling import rules
from labeling.models import GuidelineAcknowledgement, GuidelineVersion
from labeling.queries import guidelines
from people.models import Project
from people.services import audit
from people.services.announcements import announce, members_topic


class AlreadyPublished(Exception):
    """A published version is what answers point at; it never changes."""


@transaction.atomic
def write_draft(*, user: Any, project: Project, body: str) -> GuidelineVersion:
    """Put the words into the project's one draft, made if there is none."""
    rules.check_write_guideline(user, project)
    version = guidelines.draft(project) or GuidelineVersion(project=project)
    version.body, version.author = body, user
    version.save()
    audit.record(actor=user, action="guideline.drafted", target=version, project_id=project.pk)
    return version


@transaction.atomic
def publish(*, user: Any, guideline: GuidelineVersion) -> GuidelineVersion:
    """Put the draft in force at once; its author has read it. Raises AlreadyPublished."""
    rules.check_write_guideline(user, guideline.project)
    version = GuidelineVersion.objects.select_for_update().get(pk=guideline.pk)
    if version.published_at is not None:
        raise AlreadyPublished(f"Version {version.number} is published already.")
    last = version.project.guidelines.aggregate(last=Max("number"))["last"] or 0
    version.number, version.published_at = last + 1, timezone.now()
    version.save()
    acknowledge(user=user, guideline=version)
    audit.record(
        actor=user,
        action="guideline.published",
        target=version,
        project_id=version.project_id,
        detail={"number": version.number},
    )
    announce(members_topic(version.project_id), "guideline.published", [version.pk])
    return version


@transaction.atomic
def acknowledge(*, user: Any, guideline: GuidelineVersion) -> None:
    """Note that the user has read this version; again is the same."""
    GuidelineAcknowledgement.objects.get_or_create(user=user, guideline=guideline)
