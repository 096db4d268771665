"""Imports of labels, as far as somebody may see them."""

from typing import Any

from django.db.models import IntegerField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from labeling.models import LabelImport
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[LabelImport]:
    """Those of the projects the user leads."""
    return LabelImport.objects.filter(project__in=led_by(user)).select_related("project", "queue", "made_by")


def listed(user: Any) -> QuerySet[LabelImport]:
    """As `visible_to`, with `created`, `unchanged` and `refused` counted, None before the end, and not the report:
    it may name thousands of rows."""
    counts = {
        name: Cast(KT(f"report__{name}"), IntegerField()) for name in ("created", "unchanged", "refused")
    }
    return visible_to(user).annotate(**counts).defer("report")
