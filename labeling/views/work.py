"""The annotator's page: one photograph after another, from one queue."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from labeling.enums import Audience, Purpose
from labeling.models import Queue
from labeling.queries import palette, quizzes
from labeling.queries.guideline_flags import replies_to
from labeling.queries.queues import titles_of, waiting_in
from labeling.queries.tasks import queues_for
from labeling.views.access import project_or_404
from labeling.views.guideline_reading import words_in_force
from people.enums import TaskType
from people.models import Project

PAGE_KEYS = "acgnqr"
BOX_KEYS = "0befwx"


def check_works(user: Any, project: Project) -> None:
    """Raise PermissionDenied unless some queue of the project, other than alerts, is for the user."""
    if not desk_queues(user, project):
        raise PermissionDenied("Labelling at a desk is for annotators, QA leads and engineers.")


def desk_queues(user: Any, project: Project) -> list[Queue]:
    """The queues this user takes from at a desk, in the order they were made."""
    queues = queues_for(user).filter(project=project).exclude(audience=Audience.ASSOCIATE.value)
    return list(queues.order_by("created_at", "pk"))


def work(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the queue where most waits."""
    project = project_or_404(request, slug, check_works)
    if quizzes.before_work(request.user, project).exists():
        return redirect("quiz", slug)
    queues = desk_queues(request.user, project)
    waiting = waiting_in(queues, request.user)
    return redirect("work-queue", slug, max(queues, key=lambda queue: waiting[queue.pk].open).name)


@never_cache
def work_queue(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The page; its tasks come over the API, so that answering one never waits for the next.

    Somebody who goes back to it gets the guideline and the labels of now.
    """
    project = project_or_404(request, slug, check_works)
    queues = desk_queues(request.user, project)
    queue = next((queue for queue in queues if queue.name == name), None)
    if queue is None:
        if (
            attempt := quizzes.attempts_visible_to(request.user)
            .filter(queue__name=name, user=request.user)
            .first()
        ):
            return redirect("quiz-result", slug, attempt.pk)
        raise Http404(f"There is no queue {name!r} for you here.")
    attempt = quizzes.attempt_of(queue.pk) if queue.purpose == Purpose.QUIZ else None
    if attempt is None and quizzes.before_work(request.user, project).exists():
        return redirect("quiz", slug)
    waiting, titles = waiting_in(queues, request.user), titles_of(queues)
    labels = list(project.labels.filter(retired_at=None).order_by("position", "pk"))
    taken = PAGE_KEYS + (BOX_KEYS if project.task_type == TaskType.DETECTION else "")
    for label in labels:
        # A key does one thing: a label whose key the page itself needs is shown without one.
        if label.hotkey in taken:
            label.hotkey = ""
    context = {
        "project": project,
        "queue": queue,
        "attempt": attempt,
        "title": titles[queue.pk],
        "queues": [(one, titles[one.pk], waiting[one.pk].open) for one in queues],
        "waiting": waiting[queue.pk].open,
        "label_groups": palette.groups(labels, request.user, project),
        "many_labels": len(labels) > palette.AT_A_GLANCE,
        "guideline": words_in_force(project, request.user),
        "replies": replies_to(request.user, project),
        "desk": {
            "user": request.user.pk,
            "queue": str(queue.pk),
            "lease_seconds": queue.lease_seconds,
            "open": waiting[queue.pk].open,
            "labels": [{"key": one.key, "name": one.name, "colour": one.colour} for one in labels],
        },
    }
    return render(request, "labeling/work.html", context)
