"""A screen in the back office: what is open at the store, the oldest first, and how the day goes. Nothing to press."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from labeling.models import Task
from labeling.queries import alerts, said
from labeling.queries.queues import waiting_in
from labeling.views.access import project_or_404
from labeling.views.alerts import check_has_alerts
from people.views.language import in_readers_language

ON_SCREEN = 30


@dataclass(frozen=True)
class Row:
    """One open alert: where, what it is taken for ("" where nothing is proposed), how sure, since when."""

    where: str
    looks: str
    confidence: float | None
    raised_at: datetime
    due_at: datetime | None
    taken: bool


@in_readers_language
def kiosk(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or its live part alone where htmx asks. Of the reader's own sites."""
    project = project_or_404(request, slug, check_has_alerts)
    names = {key: label.name for key, label in said.labels_by_key(project).items()}
    found = alerts.open_alerts(request.user, project).order_by("pk")[:ON_SCREEN]
    waiting = waiting_in(alerts.alert_queues(request.user, project), request.user)
    context = {
        "project": project,
        "languages_here": True,
        "stores": alerts.stores_of(request.user, project),
        "rows": [row(task, names) for task in found],
        "open": sum(one.open for one in waiting.values()),
        "today": alerts.today(request.user, project),
    }
    page = "labeling/kiosk/live.html" if request.htmx else "labeling/kiosk/kiosk.html"  # type: ignore[attr-defined]
    return render(request, page, context)


def row(task: Task, names: dict[str, str]) -> Row:
    """As the page shows it. A blind queue's tasks show no proposal, here as anywhere."""
    proposal = None if task.queue.blind else task.proposal
    key = (proposal or {}).get("label", "")
    source = task.image.source
    return Row(
        where=source.alerts_about if source else task.image.filename,
        looks=names.get(key, key),
        confidence=(proposal or {}).get("confidence"),
        raised_at=task.created_at,
        due_at=task.due_at,
        taken=task.taken,  # type: ignore[attr-defined]
    )
