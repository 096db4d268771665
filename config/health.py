"""Is it alive, is it ready, and what does it count: for whoever watches the installation."""

from collections import Counter

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import schema
from inference.enums import CaptureState, Stage
from inference.models import Capture, ModelVersion
from labeling.enums import TaskState
from labeling.models import Task
from labeling.queries.tasks import COUNT_LIMIT
from people.models import Project


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
    """Prometheus text: what waits, by kind. Counts stop at 1,000, so that asking stays cheap."""
    pending = Capture.objects.filter(state=CaptureState.PENDING)[:COUNT_LIMIT].count()
    waiting = Counter(
        Task.objects.filter(state=TaskState.OPEN).values_list("queue__name", flat=True)[:COUNT_LIMIT]
    )
    lines = [
        "# HELP vouch_captures_pending Captures waiting for a prediction, counted up to 1000.",
        "# TYPE vouch_captures_pending gauge",
        f"vouch_captures_pending {pending}",
        "# HELP vouch_tasks_open Open tasks by queue, counted up to 1000 in all.",
        "# TYPE vouch_tasks_open gauge",
        *(f'vouch_tasks_open{{queue="{name}"}} {count}' for name, count in sorted(waiting.items())),
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
