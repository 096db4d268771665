"""The store associate's page, made for a phone: one alert, a yes or a no, with a network or without."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from labeling.queries.alerts import alert_queues
from labeling.queries.queues import waiting_in
from labeling.rules import EVERY_SITE, check_takes_alerts, sites_of
from labeling.views.access import project_or_404
from labeling.views.alert_words import words
from people.models import Project, Site
from people.views.language import in_readers_language

WORKERS = ("js/alerts/worker.js", "js/alerts/push-worker.js")
"""What the page's service worker is made of."""

ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


def check_has_alerts(user: Any, project: Project) -> None:
    """Raise PermissionDenied unless the project has alerts for the user."""
    check_takes_alerts(user, project)
    if not alert_queues(user, project):
        raise PermissionDenied("This project has no queue of alerts for you.")


@in_readers_language
def alerts(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; the alerts come over the API, and only those of the reader's own sites."""
    project = project_or_404(request, slug, check_has_alerts)
    queues = alert_queues(request.user, project)
    waiting = waiting_in(queues, request.user)
    sites = sites_of(request.user, project)
    names = [] if sites is EVERY_SITE else list(Site.objects.filter(pk__in=sites).order_by("name"))
    labels = list(project.labels.filter(retired_at=None).order_by("position", "pk"))
    count = sum(waiting[queue.pk].open for queue in queues)
    context = {
        "project": project,
        "languages_here": True,
        "sites": names,
        "bounded": sites is not EVERY_SITE,
        "waiting": count,
        "labels": labels,
        "desk": {
            "user": request.user.pk,
            "project": project.slug,
            "queues": [str(queue.pk) for queue in queues],
            "lease_seconds": min(queue.lease_seconds for queue in queues),
            "open": count,
            "labels": [{"key": one.key, "name": one.name, "colour": one.colour} for one in labels],
            "words": words(),
        },
    }
    response = render(request, "labeling/alerts.html", context)
    # By this the worker tells whose page it keeps.
    response["X-Vouch-User"] = str(request.user.pk)
    return response


@in_readers_language
@require_safe
def manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """What a phone needs to put the page on its home screen."""
    project = project_or_404(request, slug, check_has_alerts)
    page = reverse("alerts", args=[slug])
    found = {
        "id": page,
        "name": f"{project.name} · Vouch",
        "short_name": gettext("Alerts"),
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "lang": translation.get_language(),
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "background_color": "#0f1115",
        "theme_color": "#2f4bd0",
        "icons": [
            {
                "src": static(f"img/icon-{size}{'-maskable' if purpose == 'maskable' else ''}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in ICONS
        ],
    }
    return JsonResponse(found, content_type="application/manifest+json")


@login_not_required
@require_safe
def worker(request: HttpRequest, slug: str) -> HttpResponse:
    """The service worker of the page, at an address within whose folder the page lies. It holds nothing of anybody."""
    scripts = ", ".join(f'"{static(name)}"' for name in WORKERS)
    response = HttpResponse(f"importScripts({scripts});\n", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response
