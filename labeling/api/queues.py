"""What waits for this user, and taking it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import (
    ClaimedSerializer,
    ClaimedTaskSerializer,
    ClaimSerializer,
    WaitingQueueSerializer,
)
from labeling.api.tasks import not_acknowledged, quiz_first
from labeling.enums import TaskState
from labeling.models import Queue, Task
from labeling.queries import queues
from labeling.queries.claim import Held
from labeling.queries.tasks import held_by_others, queues_for, site_ids, tasks_for
from labeling.rules import EVERY_SITE, hands_out, sites_of
from labeling.services import leases
from labeling.services.quizzes import QuizFirst
from people.api.access import check_row, within_token
from people.api.kept import represented, validated
from people.api.pagination import Pages
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Site


class Queues(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="queues_list", parameters=PAGING, responses=page_of(WaitingQueueSerializer))
    def get(self, request: Request) -> Response:
        """The queues this user may take from, and how much waits in each at their sites."""
        pages = Pages()
        found = pages.paginate_queryset(within_token(request, queues_for(request.user)), request, view=self)
        waiting = queues.waiting_in(found, request.user)
        single = {queue.pk: _single_site(request.user, queue) for queue in found}
        keys = dict(Site.objects.filter(pk__in=set(single.values())).values_list("pk", "key"))
        rows = [
            {
                "id": queue.pk,
                "project": queue.project.slug,
                "name": queue.name,
                "audience": queue.audience,
                "by_site": queue.by_site,
                "blind": queue.blind,
                "paused": queue.paused_at is not None,
                "site": keys.get(single[queue.pk]),
                "open": waiting[queue.pk].open,
                "due": waiting[queue.pk].due_at,
            }
            for queue in found
        ]
        return pages.get_paginated_response(WaitingQueueSerializer(rows, many=True).data)


def _single_site(user: Any, queue: Queue) -> int | None:
    sites = sites_of(user, queue.project)
    return sites[0] if queue.by_site and sites is not EVERY_SITE and len(sites) == 1 else None


class Claim(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(operation_id="queues_claim", request=ClaimSerializer, responses=ClaimedSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take the next tasks, or the one named. An empty list where nothing is left for this user."""
        queue = check_row(request, queues.visible_one(request.user, pk), "queue")
        asked = validated(ClaimSerializer, request.data)
        try:
            if "task" in asked:
                taken = [self._take(request, queue, asked["task"])]
            else:
                taken = leases.claim(user=request.user, queue=queue, count=asked.get("count", 1))
        except leases.NotAcknowledged as error:
            raise not_acknowledged(error) from None
        except QuizFirst as error:
            raise quiz_first(error) from None
        if taken:
            context = {"request": request, "guideline": taken[0][0].in_force}
            tasks = [_leased(task, held) for task, held in taken]
            return Response(
                {"tasks": [represented(ClaimedTaskSerializer, task, **context) for task in tasks]}
            )
        if not hands_out(queue):
            return Response({"tasks": [], "waiting": 0, "paused": True})
        sites = site_ids(request.user, queue)
        return Response({"tasks": [], "waiting": held_by_others(queue, sites, request.user)})

    def _take(self, request: Request, queue: Queue, pk: UUID) -> tuple[Task, Held]:
        task = tasks_for(request.user).filter(queue=queue, pk=pk).first()
        if task is None:
            raise Http404("There is no such task for you in this queue.")
        try:
            return task, leases.claim_task(user=request.user, task=task)
        except leases.LeaseLost as lost:
            closed = task.state != TaskState.OPEN
            detail = "This task is closed." if closed else str(lost)
            raise Problem("task-closed" if closed else "lease-lost", 409, detail) from None


def _leased(task: Task, held: Held) -> Task:
    task.lease = {
        "token": held.token,
        "expires_at": held.expires_at,
        "renewable_until": leases.renewable_until(held.leased_at),
    }
    return task
