"""The engineer's page of webhooks: who is told what, and what became of each delivery."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from people.enums import Event
from people.models import Project, Webhook
from people.queries import projects
from people.queries import webhooks as queries
from people.services import webhooks as services
from people.views.paging import page_of

PAGE_SIZE = 50
WORDS = {
    Event.TRUST_CHANGED: "The model is trusted more, or less",
    Event.ALARM_RAISED: "An alarm was raised",
    Event.ALARM_SETTLED: "An alarm was settled",
    Event.IMAGES_RESOLVED: "People settled what images show",
    Event.DATASET_FROZEN: "A dataset was frozen",
    Event.MODEL_PROMOTED: "Another model serves",
}


def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, and the form that registers one: its secret is shown on the page that follows, this once."""
    project = _project(request, slug)
    url, chosen = "", list(map(str, Event))
    errors: dict[str, list[str]] = {}
    made: Webhook | None = None
    if request.method == "POST":
        url, chosen = request.POST.get("url", "").strip(), request.POST.getlist("events")
        if not chosen:
            errors["events"] = ["Choose at least one event."]
        else:
            try:
                made = services.register(
                    user=_user(request), project=project, url=url, events=_all_or(chosen)
                )
            except services.WebhookRefused as refused:
                errors = refused.errors
    context = {
        "project": project,
        "rows": list(queries.with_figures(project, request.user)),
        "made": made,
        "url": "" if made else url,
        "events": [(str(event), words, str(event) in chosen) for event, words in WORDS.items()],
        "errors": errors,
    }
    return render(request, "people/webhooks/webhooks.html", context, status=400 if errors else 200)


def webhook(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One webhook with its log, newest first; `before` is the id to go on from."""
    project = _project(request, slug)
    held = _webhook(request, project, pk)
    deliveries = page_of(queries.deliveries_visible_to(request.user).filter(webhook=held), request, PAGE_SIZE)
    context = {
        "project": project,
        "webhook": held,
        "events": [words for event, words in WORDS.items() if not held.events or event in held.events],
        "deliveries": deliveries.rows,
        "older": deliveries.older,
    }
    return render(request, "people/webhooks/webhook.html", context)


@require_POST
def act(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """What the buttons of one webhook do: `do` is ping, pause, resume, delete or redeliver (with `delivery`)."""
    project = _project(request, slug)
    held, user = _webhook(request, project, pk), _user(request)
    match request.POST.get("do"):
        case "ping":
            services.ping(user=user, webhook=held)
            messages.success(request, "A ping is on its way; look at the log in some seconds.")
        case "pause":
            services.change(user=user, webhook=held, active=False)
            messages.success(request, "Paused. What happens meanwhile is not told later.")
        case "resume":
            services.change(user=user, webhook=held, active=True)
            messages.success(request, "It is told again from now on.")
        case "delete":
            services.delete(user=user, webhook=held)
            messages.success(request, "Deleted. Nothing more is sent to it.")
            return redirect("webhooks", slug)
        case "redeliver":
            try:
                wanted = UUID(request.POST.get("delivery", ""))
            except ValueError as error:
                raise Http404("There is no such delivery.") from error
            delivery = queries.deliveries_visible_to(request.user).filter(webhook=held, pk=wanted).first()
            if delivery is None:
                raise Http404("There is no such delivery.")
            services.redeliver(user=user, delivery=delivery)
            messages.success(request, "It is sent again; look at the log in some seconds.")
        case _:
            raise Http404("There is no such button.")
    return redirect("webhook", slug, pk)


def _project(request: HttpRequest, slug: str) -> Project:
    project = projects.visible_to(request.user).filter(slug=slug).first()
    if project is None:
        raise Http404(f"There is no project {slug!r} for you here.")
    services.check_set(request.user, project)
    return project


def _webhook(request: HttpRequest, project: Project, pk: UUID) -> Webhook:
    held = queries.visible_to(request.user).filter(project=project, pk=pk).first()
    if held is None:
        raise Http404("There is no such webhook for you here.")
    return held


def _user(request: HttpRequest) -> Any:
    return request.user


def _all_or(chosen: list[str]) -> list[str]:
    """No names where all are chosen, so that what comes to be told of later is told of too."""
    return [] if set(chosen) >= set(map(str, Event)) else chosen
