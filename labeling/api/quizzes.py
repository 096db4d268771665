"""Quizzes over the API: made by who leads a project, attempted by its annotators."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.tasks import refused
from labeling.domain.marking import is_right
from labeling.domain.values import ValueRefused
from labeling.models import Gold, Quiz, QuizAttempt
from labeling.queries import quizzes
from labeling.services import quizzes as service
from people.api.access import get_project, get_row
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import User


class QuizSerializer(serializers.Serializer):
    """`for_user` null: annotators new here, or with `asks_everybody` every annotator.

    `questions` is their number; `pass_share` of them must be right.
    """

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    name = serializers.CharField()
    pass_share = serializers.FloatField()
    for_user = serializers.CharField(source="for_user.username", default=None, allow_null=True)
    asks_everybody = serializers.BooleanField()
    questions = serializers.IntegerField(source="question_count")
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class QuizRequestSerializer(serializers.Serializer):
    """`gold` are ids of known answers. `asks_everybody`: also of those who answered 20 tasks before it was made."""

    name = serializers.CharField(max_length=service.LONGEST_NAME)
    pass_share = serializers.FloatField(default=0.8)
    gold = serializers.ListField(child=serializers.UUIDField(), max_length=service.MOST_QUESTIONS)
    for_user = serializers.CharField(max_length=150, allow_null=True, default=None)
    asks_everybody = serializers.BooleanField(default=False)


class AttemptSerializer(serializers.Serializer):
    """Its questions wait in `queue`; `right` and `passed` are null until the last is answered."""

    id = serializers.UUIDField()
    quiz = serializers.UUIDField(source="quiz_id")
    user = serializers.CharField(source="user.username")
    queue = serializers.UUIDField(source="queue_id")
    questions = serializers.IntegerField()
    right = serializers.IntegerField(allow_null=True)
    passed = serializers.BooleanField(allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class QuestionSerializer(serializers.Serializer):
    image = serializers.UUIDField()
    said = serializers.JSONField(allow_null=True)
    known = serializers.JSONField()
    right = serializers.BooleanField()
    why = serializers.CharField()


class FinishedAttemptSerializer(AttemptSerializer):
    """`answers` are null until the attempt is finished: what is known is shown to nobody before."""

    answers = QuestionSerializer(many=True, allow_null=True)


class Quizzes(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER), "POST": Scope.ADMIN}

    @extend_schema(operation_id="quizzes_list", parameters=PAGING, responses=page_of(QuizSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """All quizzes for who leads the project; for an annotator those asked of them."""
        project = get_project(request, slug)
        if not rules.takes_quizzes(request.user, project):
            rules.check_run_rounds(request.user, project)
        return self.page(quizzes.visible_to(request.user).filter(project=project), QuizSerializer)

    @extend_schema(
        operation_id="quizzes_make", request=QuizRequestSerializer, responses={201: QuizSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make a quiz of known answers; it comes before the next task of whom it is for."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        form = QuizRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        gold = list(Gold.objects.filter(project=project, pk__in=fields["gold"]))
        if missing := set(fields["gold"]) - {one.pk for one in gold}:
            raise invalid("gold", f"{min(missing)} is no known answer of this project.")
        name = fields.pop("for_user")
        person = User.objects.filter(username=name, memberships__project=project).first() if name else None
        if name and person is None:
            raise invalid("for_user", "is nobody of this project.")
        try:
            made = service.make_quiz(
                user=request.user, project=project, for_user=person, **{**fields, "gold": gold}
            )
        except ValueRefused as error:
            raise refused(error) from None
        shown = quizzes.visible_to(request.user).get(pk=made.pk)
        return Response(QuizSerializer(shown).data, status=201)


class QuizRetirement(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="quizzes_retire", request=None, responses=QuizSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask it of nobody any more; again is the same."""
        found: Quiz = get_row(request, quizzes.visible_to(request.user), pk=pk)
        service.retire_quiz(user=request.user, quiz=found)
        return Response(QuizSerializer(quizzes.visible_to(request.user).get(pk=pk)).data)


class QuizAttempts(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER), "POST": Scope.ANSWER}

    @extend_schema(operation_id="quiz_attempts_list", parameters=PAGING, responses=page_of(AttemptSerializer))
    def get(self, request: Request, pk: UUID) -> Response:
        """Everybody's attempts for who leads the project; an annotator's own."""
        quiz = get_row(request, quizzes.visible_to(request.user), pk=pk)
        return self.page(quizzes.attempts_visible_to(request.user).filter(quiz=quiz), AttemptSerializer)

    @extend_schema(operation_id="quiz_attempts_begin", request=None, responses={201: AttemptSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Begin an attempt, or go on with the one under way: claim from its queue and answer as any task."""
        quiz = get_row(request, quizzes.visible_to(request.user), pk=pk)
        try:
            attempt = service.start(user=request.user, quiz=quiz)
        except service.QuizClosed as error:
            raise Problem("quiz-closed", 409, str(error)) from None
        return Response(AttemptSerializer(attempt).data, status=201)


class OneQuizAttempt(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="quiz_attempts_retrieve", responses=FinishedAttemptSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Once finished, with what was said, what is known, and why."""
        rows = quizzes.attempts_visible_to(request.user)
        attempt: Any = get_row(request, rows, "quiz__project", pk=pk)
        attempt.answers = _marked(attempt) if attempt.finished_at else None
        return Response(FinishedAttemptSerializer(attempt).data)


def _marked(attempt: QuizAttempt) -> list[dict[str, Any]]:
    return [
        {
            "image": task.image_id,
            "said": said.value if said else None,
            "known": task.gold.value,
            "right": said is not None and is_right(said.value, task.gold.value),
            "why": task.gold.why,
        }
        for task, said in quizzes.questions_of(attempt)
    ]
