"""A project's cameras, and the last photograph of each."""

from django.db.models import QuerySet

from labeling.enums import SourceKind
from labeling.models import Image, Source
from people.models import Project


def cameras(project: Project) -> QuerySet[Source]:
    """With site and region, by store and name."""
    found = project.sources.filter(kind=SourceKind.CAMERA.value).select_related("project", "site", "region")
    return found.order_by("site__name", "name", "pk")


def last_photograph(source: Source) -> Image | None:
    """The newest image that first came from this camera."""
    return Image.objects.filter(source=source, erased_at=None).order_by("-id").first()
