"""By what rule each queue's answers settle a task: read and changed by those who lead the project."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import Consensus, Purpose
from labeling.models import Queue
from labeling.services.queues import change_queue
from labeling.views.access import project_or_404
from people.enums import TaskType

RULES: dict[str, tuple[str, str]] = {
    Consensus.MAJORITY: ("Majority", "More than half say the same."),
    Consensus.UNANIMOUS: ("Unanimous", "All say the same."),
    Consensus.DAWID_SKENE: (
        "Weighed",
        "Each answer weighs by how its author errs elsewhere (Dawid and Skene's model), within the minute.",
    ),
}


@dataclass(frozen=True)
class QueueForm:
    """A queue with what its form shows: as it is, or as somebody just asked for it, with what was wrong."""

    queue: Queue
    consensus: str
    quorum: str
    posterior_floor: str
    errors: dict[str, str]
    rules: list[tuple[str, str, str]]


def queue_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Every queue with its rule; POST changes the one that `queue` names."""
    project = project_or_404(request, slug, rules.check_manage)
    queues = list(
        project.queues.exclude(purpose=Purpose.QUIZ).filter(closed_at=None).order_by("created_at", "id")
    )
    sent: dict[Any, QueueForm] = {}
    if request.method == "POST":
        queue = next((queue for queue in queues if queue.name == request.POST.get("queue")), None)
        if queue is None:
            raise Http404("There is no such queue in this project.")
        queue.project = project
        errors = _change(request, queue)
        if not errors:
            messages.success(request, f"{queue.name} settles by its new rule from now on.")
            return redirect("queue-settings", slug)
        given = {name: request.POST.get(name, "") for name in ("consensus", "quorum", "posterior_floor")}
        sent[queue.pk] = QueueForm(queue=queue, errors=errors, rules=_rules(project), **given)
    context = {
        "project": project,
        "forms": [sent.get(queue.pk) or _as_it_is(queue, project) for queue in queues],
    }
    page = "labeling/queues/queues.html"
    return render(request, page, context, status=400 if sent else 200)


def _as_it_is(queue: Queue, project: Any) -> QueueForm:
    floor = f"{queue.posterior_floor * 100:.6g}"
    return QueueForm(queue, queue.consensus, str(queue.quorum), floor, {}, _rules(project))


def _rules(project: Any) -> list[tuple[str, str, str]]:
    boxes = project.task_type != TaskType.CLASSIFICATION
    return [
        (str(rule), *words) for rule, words in RULES.items() if not (boxes and rule == Consensus.DAWID_SKENE)
    ]


def _change(request: HttpRequest, queue: Queue) -> dict[str, str]:
    """Do what the form asks; the reasons, by field, why it was not done."""
    consensus = request.POST.get("consensus", "")
    errors = {} if consensus in RULES else {"consensus": "Choose one of the rules."}
    quorum = _number(request.POST.get("quorum", "") or "0")
    if quorum is None or quorum != int(quorum) or not 0 <= quorum <= 20:
        errors["quorum"] = "Give a whole number of answers, 0 to 20."
    floor = _number(request.POST.get("posterior_floor", ""))
    if floor is None or not 1 <= floor <= 100:
        errors["posterior_floor"] = "Give a percentage, 1 to 100."
    if errors:
        return errors
    changes = {"consensus": consensus, "quorum": int(quorum), "posterior_floor": floor / 100}
    try:
        change_queue(user=request.user, queue=queue, **changes)
    except ValueRefused as refused:
        return {field: f"This {reasons[0]}" for field, reasons in refused.errors.items()}
    return {}


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None
