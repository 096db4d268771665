"""The page of a project's alarms, those that stand and those that are past, and its buttons."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from people import rules
from people.domain.alarm_natures import NATURES
from people.enums import AlarmKind, Role
from people.models import Alarm, Project
from people.queries import alarms as queries
from people.queries import projects
from people.services import alarms as services
from people.views import navigation
from people.views.paging import page_of

PAGE_SIZE = 50
MOST_STANDING = 200
SEVERITIES = {"critical": "bad", "warning": "warn"}


@dataclass(frozen=True)
class Shown:
    """An alarm as it stands on the page; `page` is where its reader begins to mend it, None where they may not."""

    alarm: Alarm
    title: str
    badge: str
    page: str | None
    figures: str


def alarms(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or its live part alone where htmx asks; `before` is the id to go on from among those past."""
    project = projects.visible_to(request.user).filter(slug=slug).first()
    if project is None:
        raise Http404(f"There is no project {slug!r} for you here.")
    rules.check_role(request.user, project, rules.LEADS, "read alarms")
    mine = queries.visible_to(request.user).filter(project=project)
    past = page_of(mine.filter(settled_at__isnull=False), request, PAGE_SIZE)
    held = rules.membership(request.user, project)
    standing = mine.filter(settled_at=None).order_by(F("acknowledged_at").asc(nulls_first=True), "-id")
    context = {
        "project": project,
        "standing": [_shown(alarm, project, Role(held.role)) for alarm in standing[:MOST_STANDING]],
        "past": [_shown(alarm, project, Role(held.role)) for alarm in past.rows],
        "before": request.GET.get("before", ""),
        "older": past.older,
        "here": reverse("alarms", args=[slug]),
    }
    return render(
        request, "people/alarms/live.html" if request.htmx else "people/alarms/alarms.html", context
    )


@require_POST
def acknowledge(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Say that somebody looks at the alarm, and go back to the page it stood on, which `next` names."""
    services.acknowledge(user=request.user, alarm=_alarm(request, slug, pk))
    messages.success(request, "Acknowledged. It stands until it is settled.")
    return _back(request)


@require_POST
def settle(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Settle the alarm and go back to the page it stood on, which `next` names."""
    services.settle(user=request.user, alarm=_alarm(request, slug, pk))
    messages.success(request, "Settled. It is raised again if it comes back.")
    return _back(request)


def _alarm(request: HttpRequest, slug: str, pk: UUID) -> Alarm:
    alarm = queries.visible_to(request.user).filter(pk=pk, project__slug=slug).first()
    if alarm is None:
        raise Http404("There is no such alarm for you here.")
    return alarm


def _back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if inside else "home")


def _shown(alarm: Alarm, project: Project, role: Role) -> Shown:
    # An alarm of a kind that a later release gave up stays to be read.
    nature = NATURES[AlarmKind(alarm.kind)] if alarm.kind in set(AlarmKind) else None
    theirs = {page.name for page in navigation.PAGES[role]}
    return Shown(
        alarm=alarm,
        title=nature.title if nature else alarm.kind,
        badge=SEVERITIES.get(alarm.severity, "warn"),
        page=reverse(nature.page, args=[project.slug]) if nature and nature.page in theirs else None,
        figures=json.dumps(alarm.detail, indent=1, ensure_ascii=False, sort_keys=True)
        if alarm.detail
        else "",
    )
