"""Imports of long files, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from labeling.models import LabelImport
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[LabelImport]:
    """Those of the projects the user leads."""
    return LabelImport.objects.filter(project__in=led_by(user)).select_related("project", "queue", "made_by")
