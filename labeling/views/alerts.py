"""The store associate's page, made for a phone: one alert, a yes or a no."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from labeling.enums import Audience
from labeling.models import Queue
from labeling.queries.queues import waiting_in
from labeling.queries.tasks import queues_for
from labeling.rules import EVERY_SITE, sites_of
from labeling.views.access import project_or_404
from people.models import Project, Site


def alert_queues(user: Any, project: Project) -> list[Queue]:
    """The queues of alerts this user takes from, in the order they were made."""
    queues = queues_for(user).filter(project=project, audience=Audience.ASSOCIATE.value)
    return list(queues.order_by("created_at", "pk"))


def check_takes_alerts(user: Any, project: Project) -> None:
    """Raise PermissionDenied unless the project has alerts for the user."""
    if not alert_queues(user, project):
        raise PermissionDenied(
            "Alerts are for the associates of a store, and for those who lead the project."
        )


def alerts(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; the alerts come over the API, and only those of the reader's own sites."""
    project = project_or_404(request, slug, check_takes_alerts)
    queues = alert_queues(request.user, project)
    waiting = waiting_in(queues, request.user)
    sites = sites_of(request.user, project)
    names = [] if sites is EVERY_SITE else list(Site.objects.filter(pk__in=sites).order_by("name"))
    labels = list(project.labels.filter(retired_at=None).order_by("position", "pk"))
    context = {
        "project": project,
        "sites": names,
        "bounded": sites is not EVERY_SITE,
        "waiting": sum(waiting[queue.pk].open for queue in queues),
        "labels": labels,
        "desk": {
            "user": request.user.pk,
            "queues": [str(queue.pk) for queue in queues],
            "lease_seconds": min(queue.lease_seconds for queue in queues),
            "labels": [{"key": one.key, "name": one.name} for one in labels],
        },
    }
    return render(request, "labeling/alerts.html", context)
