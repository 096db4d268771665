"""Which sites a project's candidates serve at, one first."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from inference.models import SiteTrial
from labeling.models import Source
from people.models import Project, Site
from people.queries.prepared import Prepared

SHOWN = timedelta(days=7)


def in_force(project: UUID) -> QuerySet[SiteTrial]:
    """The trials that go on, with site, model and who began them."""
    rows = SiteTrial.objects.filter(project=project, ended_at=None)
    return rows.select_related("site", "model", "by").order_by("site__name")


def failed(project: UUID) -> QuerySet[SiteTrial]:
    """Those that the model's own error ended within SHOWN, the last first, with site and model."""
    since = timezone.now() - SHOWN
    rows = SiteTrial.objects.filter(project=project, ended_at__gte=since).exclude(failure="")
    return rows.select_related("site", "model").order_by("-ended_at")


def serving(project: UUID) -> list[SiteTrial]:
    """Those that go on, with their model, for who asks at every batch."""
    return GOING_ON.all(project=project)


def _going_on(project: UUID) -> QuerySet[SiteTrial]:
    return SiteTrial.objects.filter(project_id=project, ended_at=None).select_related("model")


GOING_ON = Prepared(_going_on, project=UUID(int=1))


def sites(project: Project) -> QuerySet[Site]:
    """The sites where the project has a camera."""
    watched = Source.objects.filter(project=project, site__isnull=False).values("site")
    return Site.objects.filter(pk__in=watched).order_by("name")
