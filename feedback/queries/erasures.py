"""Certificates of erased images, for who leads a project."""

from typing import Any

from django.db.models import QuerySet

from labeling.models import Erasure
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[Erasure]:
    """Those of the projects the user leads, with image and who asked."""
    return Erasure.objects.filter(project__in=led_by(user)).select_related("image", "by", "project")
