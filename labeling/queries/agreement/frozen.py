"""Frozen reports, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from labeling.models import AgreementReport
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[AgreementReport]:
    """Those of projects the user leads."""
    return AgreementReport.objects.filter(project__in=led_by(user)).select_related("project", "made_by")
