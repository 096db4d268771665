"""Which sites a project's candidates serve at, one first."""

from uuid import UUID

from django.db.models import QuerySet

from inference.models import SiteTrial
from labeling.models import Source
from people.models import Project, Site


def in_force(project: UUID) -> QuerySet[SiteTrial]:
    """The trials that go on, with site, model and who began them."""
    rows = SiteTrial.objects.filter(project=project, ended_at=None)
    return rows.select_related("site", "model", "by").order_by("site__name")


def sites(project: Project) -> QuerySet[Site]:
    """The sites where the project has a camera."""
    watched = Source.objects.filter(project=project, site__isnull=False).values("site")
    return Site.objects.filter(pk__in=watched).order_by("name")
