"""Acting on disagreement: a queue's rule of consensus, adjudication, one more answer, a quiz for one annotator."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.serializers import QueueSerializer, choices
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.enums import Consensus
from labeling.models import Image, Task
from labeling.queries import queues
from labeling.services import adjudication
from labeling.services.queues import CHANGEABLE, change_queue
from labeling.services.retraining_quiz import MOST_QUESTIONS, PASS_SHARE, make_retraining_quiz
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope
from people.models import User


class QueueTermsSerializer(serializers.Serializer):
    """What of a queue may be changed; what is left out stays."""

    consensus = serializers.ChoiceField(choices(Consensus))
    quorum = serializers.IntegerField(min_value=0, max_value=20)
    posterior_floor = serializers.FloatField(min_value=0.01, max_value=1)
    lease_seconds = serializers.IntegerField(min_value=1, max_value=1800)
    sla_seconds = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True)
    gold_share = serializers.FloatField(min_value=0, max_value=1)


class AdjudicationRequestSerializer(serializers.Serializer):
    images = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=adjudication.MOST_IMAGES
    )
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class TaskIdsSerializer(serializers.Serializer):
    tasks = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=adjudication.MOST_IMAGES
    )


class OneQueue(View):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(operation_id="queues_retrieve", responses=QueueSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(QueueSerializer(get_row(request, queues.visible_to(request.user), pk=pk)).data)

    @extend_schema(operation_id="queues_change", request=QueueTermsSerializer, responses=QueueSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Other terms for what is settled from now on. How many answers a task needs was promised to open tasks."""
        queue = get_row(request, queues.visible_to(request.user), pk=pk)
        form = QueueTermsSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        if fixed := sorted(set(request.data) - set(CHANGEABLE)):
            raise invalid(fixed[0][:80], f"cannot be changed; {', '.join(CHANGEABLE)} can.")
        try:
            changed = change_queue(user=request.user, queue=queue, **form.validated_data)
        except ValueRefused as error:
            raise refused(error) from None
        return Response(QueueSerializer(changed).data)


def _all_of(rows: QuerySet[Any], field: str, ids: Sequence[UUID]) -> list[Any]:
    """The rows of a project that a field names. Raises a problem naming the first that is not there."""
    found = list(rows.filter(pk__in=ids))
    if missing := set(ids) - {row.pk for row in found}:
        raise invalid(field, f"{min(missing)} is no {rows.model._meta.verbose_name} of this project.")
    return found


class Adjudications(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="adjudications_send",
        request=AdjudicationRequestSerializer,
        responses={201: TaskIdsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send images to a QA lead, the most divided first; names the tasks opened, not those that waited already."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        form = AdjudicationRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = _all_of(Image.objects.filter(project=project), "images", form.validated_data["images"])
        reason = form.validated_data["reason"]
        try:
            made = adjudication.send(user=request.user, project=project, images=found, reason=reason)
        except adjudication.NoAdjudication as error:
            raise invalid("images", str(error)) from None
        return Response(TaskIdsSerializer({"tasks": [task.pk for task in made]}).data, status=201)


class MoreAnswers(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="tasks_ask_again", request=TaskIdsSerializer, responses={200: TaskIdsSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Ask for one more answer to each task, of somebody new; names those that ask for one now."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        form = TaskIdsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = _all_of(Task.objects.filter(project=project), "tasks", form.validated_data["tasks"])
        asking = adjudication.ask_again(user=request.user, project=project, tasks=found)
        return Response(TaskIdsSerializer({"tasks": [task.pk for task in asking]}).data)


class RetrainingQuizSerializer(serializers.Serializer):
    """`pairs`: labels taken for each other, by key. The quiz has at most `questions` images."""

    annotator = serializers.CharField(max_length=150)
    pairs = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(max_length=64), min_length=2, max_length=2),
        min_length=1,
        max_length=20,
    )
    questions = serializers.IntegerField(min_value=1, max_value=MOST_QUESTIONS, default=10)
    pass_share = serializers.FloatField(min_value=0.01, max_value=1, default=PASS_SHARE)


class MadeQuizSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    questions = serializers.IntegerField(source="questions.count")


class RetrainingQuizzes(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="retraining_quizzes_make",
        request=RetrainingQuizSerializer,
        responses={201: MadeQuizSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """A quiz for one annotator, of settled images of the labels they take for each other."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        form = RetrainingQuizSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        annotator = User.objects.filter(
            username=fields.pop("annotator"), memberships__project=project
        ).first()
        if annotator is None:
            raise invalid("annotator", "is nobody of this project.")
        try:
            quiz = make_retraining_quiz(user=request.user, project=project, annotator=annotator, **fields)
        except ValueRefused as error:
            raise refused(error) from None
        return Response(MadeQuizSerializer(quiz).data, status=201)
