"""Is it alive, is it ready, and what does it count: for whoever watches the installation."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import schema
from inference.enums import CaptureState, Stage
from inference.models import Capture, ModelVersion
from labeling.enums import TaskState
from labeling.models import Task
from labeling.queries.tasks import COUNT_LIMIT
from people.enums import Scope
from people.models import Project
from people.queries.projects import led_by
from people.services.tokens import find_token


@login_not_required
def alive(request: HttpRequest) -> JsonResponse:
    """200 while this process answers at all."""
    return JsonResponse({"status": "ok"})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its schema is current; 503 with the check that fails.

    A project without a champion is named, and does not make the service unready: people can label without one.
    """
    checks: dict[str, object] = {"database": False, "migrations": False}
    try:
        checks["migrations"] = schema.is_current()
        checks["database"] = True
        if checks["migrations"]:
            served = ModelVersion.objects.filter(stage=Stage.CHAMPION).values("project")
            checks["projects_without_champion"] = Project.objects.exclude(pk__in=served).count()
    except DatabaseError:
        pass
    good = bool(checks["database"] and checks["migrations"])
    return JsonResponse({"status": "ok" if good else "not ready", **checks}, status=200 if good else 503)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: what waits, by kind. Counts stop at 1,000, so that asking stays cheap.

    Of the projects that the bearer of the token, or who is signed in, leads; of all with VOUCH_METRICS_OPEN.
    """
    captures, tasks = Capture.objects.all(), Task.objects.all()
    if not settings.METRICS_OPEN:
        projects = _projects_of(request)
        if projects is None:
            return _refused()
        captures, tasks = captures.filter(project__in=projects), tasks.filter(project__in=projects)
    pending = captures.filter(state=CaptureState.PENDING)[:COUNT_LIMIT].count()
    waiting = Counter(tasks.filter(state=TaskState.OPEN).values_list("queue__name", flat=True)[:COUNT_LIMIT])
    lines = [
        "# HELP vouch_captures_pending Captures waiting for a prediction, counted up to 1000.",
        "# TYPE vouch_captures_pending gauge",
        f"vouch_captures_pending {pending}",
        "# HELP vouch_tasks_open Open tasks by queue, counted up to 1000 in all.",
        "# TYPE vouch_tasks_open gauge",
        *(f'vouch_tasks_open{{queue="{name}"}} {count}' for name, count in sorted(waiting.items())),
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")


def _projects_of(request: HttpRequest) -> QuerySet[Any, Any] | None:
    """Ids of the projects whose figures whoever asks may read; None where there are none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    projects = None
    if scheme in ("Token", "Bearer"):
        token = find_token(secret.strip())
        if token is not None and {Scope.READ, Scope.ADMIN} & set(token.scopes):
            projects = led_by(token.user).filter(project=token.project_id)
    elif request.user.is_authenticated:
        projects = led_by(request.user)
    return projects if projects is not None and projects.exists() else None


def _refused() -> HttpResponse:
    refusal = HttpResponse(
        "Send a token of a QA lead or an engineer with scope read, as Authorization: Token KEY. "
        "VOUCH_METRICS_OPEN=1 opens this page to everybody who reaches it.\n",
        status=401,
        content_type="text/plain",
    )
    refusal["WWW-Authenticate"] = "Token"
    return refusal
