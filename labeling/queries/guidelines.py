"""Which guideline is in force, and who has read it."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling.models import Answer, GuidelineAcknowledgement, GuidelineExample, GuidelineVersion
from people.models import Membership, Project
from people.queries.prepared import Prepared
from people.queries.projects import led_by


def in_force(project: Project) -> GuidelineVersion | None:
    """The newest published version; None before the first."""
    return project.guidelines.filter(published_at__isnull=False).order_by("-number").first()


def number_in_force(project: Project) -> GuidelineVersion | None:
    """The same without its words, which may be long: to say which it is."""
    return IN_FORCE.first(project=project.pk)


def _in_force(project: UUID) -> QuerySet[GuidelineVersion]:
    published = GuidelineVersion.objects.filter(project=project, published_at__isnull=False)
    return published.only("id", "number", "project").order_by("-number")[:1]


IN_FORCE = Prepared(_in_force, project=UUID(int=1))


def draft(project: Project) -> GuidelineVersion | None:
    """The version being written, if any."""
    return project.guidelines.filter(published_at=None).first()


def has_read(user: Any, guideline: GuidelineVersion) -> bool:
    """Whether the user has acknowledged this version."""
    return GuidelineAcknowledgement.objects.filter(user=user, guideline=guideline).exists()


def published(project: Project) -> QuerySet[GuidelineVersion]:
    """The project's published versions."""
    return project.guidelines.filter(published_at__isnull=False)


def counted(project: Project) -> QuerySet[GuidelineVersion]:
    """The published versions, newest first, with `example_count`, `reader_count` and `answer_count`."""
    return (
        published(project)
        .select_related("author")
        .annotate(
            example_count=_count(GuidelineExample),
            reader_count=_count(GuidelineAcknowledgement),
            answer_count=_count(Answer),
        )
        .order_by("-number")
    )


def _count(rows: type[Model]) -> Coalesce:
    # A subquery each: joined, answers times readers times examples would be counted.
    found = rows._default_manager.filter(guideline=OuterRef("pk")).order_by().values("guideline")
    return Coalesce(Subquery(found.annotate(count=Count("*")).values("count")), 0)


def last_read(user: Any, before: GuidelineVersion) -> GuidelineVersion | None:
    """The newest version the user has acknowledged of those published before this one."""
    older = before.project.guidelines.filter(published_at__isnull=False, acknowledgements__user=user).exclude(
        pk=before.pk
    )
    if before.number is not None:
        older = older.filter(number__lt=before.number)
    return older.order_by("-number").first()


def readers(project: Project, publisher: Any) -> dict[str, int]:
    """How many other members, by role, will have to read a version that this person publishes."""
    held = Membership.objects.filter(project=project).exclude(user=publisher).values_list("role")
    return dict(held.annotate(count=Count("pk")).order_by("role"))


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
