"""One task, the answers to it, and the lease that holds it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import (
    AnswerRequestSerializer,
    AnswerSerializer,
    GuidelineReferenceSerializer,
    LeaseSerializer,
    TaskSerializer,
)
from labeling.domain.values import ValueRefused
from labeling.models import Answer
from labeling.queries import guidelines
from labeling.queries.answers import brought_about
from labeling.queries.tasks import lease_is_of, task_for, tasks_for
from labeling.services import answers, leases
from labeling.services.gold_serving import shown_resolution
from labeling.services.quizzes import QuizFirst
from people.api.access import check_row, get_row
from people.api.kept import represented, validated
from people.api.problems import Problem, invalid
from people.api.problems import response as problem
from people.api.views import View
from people.enums import Scope
from people.models import Token


def not_acknowledged(error: leases.NotAcknowledged) -> Problem:
    """409 that names the version to read."""
    guideline = GuidelineReferenceSerializer(error.guideline).data
    return Problem("guideline-not-acknowledged", 409, str(error), guideline=guideline)


def quiz_first(error: QuizFirst) -> Problem:
    """409 that names the quiz to pass."""
    quiz = error.quiz
    return Problem("quiz-first", 409, str(error), quiz={"id": str(quiz.pk), "name": quiz.name})


def refused(error: ValueRefused) -> Problem:
    """400 that names every field."""
    return Problem("invalid", 400, str(error), error.errors)


def shown(answer: Answer) -> dict[str, object]:
    """An answer as its author gets it: now and whenever it is sent again."""
    if answer.task.gold_id is not None:
        answer.resolution = shown_resolution(answer)
    elif "resolution" not in answer.__dict__:
        answer.resolution = brought_about(answer)
    found: dict[str, object] = represented(AnswerSerializer, answer)
    return found


class OneTask(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="tasks_retrieve", responses=TaskSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        task = get_row(request, tasks_for(request.user), pk=pk)
        context = {"request": request, "guideline": guidelines.in_force(task.project)}
        return Response(TaskSerializer(task, context=context).data)


class TaskAnswers(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(
        operation_id="tasks_answer",
        request=AnswerRequestSerializer,
        responses={200: AnswerSerializer, 201: AnswerSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Record an answer: 201, and 200 for the same client_id again. Without a lease, the task must be free.

        409 lease-lost or task-closed: the answer is kept as late, its id is `answer`, and it counts in nothing.
        """
        task = check_row(request, task_for(request.user, pk), "task")
        fields = validated(AnswerRequestSerializer, request.data)
        lease, earlier = fields.pop("lease"), fields.pop("supersedes")
        said = answers.Said(**fields)
        try:
            if earlier is not None:
                answer, new = answers.supersede(user=request.user, task=task, said=said, earlier=earlier)
            else:
                answer, new = answers.record_answer(user=request.user, task=task, lease=lease, said=said)
        except ValueRefused as error:
            raise refused(error) from None
        except answers.UndoRefused as error:
            raise invalid("supersedes", str(error)) from None
        except answers.ClientIdReused as error:
            raise Problem("idempotency-conflict", 409, str(error)) from None
        except leases.NotAcknowledged as error:
            raise not_acknowledged(error) from None
        except QuizFirst as error:
            raise quiz_first(error) from None
        except answers.TooLate as late:
            # Returned, not raised: what is raised undoes the transaction that keeps the answer.
            kept = {"answer": str(late.answer.pk), "state": late.answer.state}
            return problem(late.name, 409, late.reason, **kept)
        return Response(shown(answer), status=201 if new else 200)


class LeaseRenewal(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(operation_id="leases_renew", request=None, responses=LeaseSerializer)
    def post(self, request: Request, token: str) -> Response:
        """Hold on to a task for another lease, up to `renewable_until`."""
        _check_wall(request, token)
        try:
            slot = leases.renew(user=request.user, token=token)
        except leases.LeaseLost as lost:
            raise Problem("lease-lost", 409, str(lost)) from None
        until = leases.renewable_until(slot.leased_at)
        renewed = {"token": token, "expires_at": slot.expires_at, "renewable_until": until}
        return Response(LeaseSerializer(renewed).data)


class LeaseRelease(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(operation_id="leases_release", request=None, responses={204: None})
    def post(self, request: Request, token: str) -> Response:
        """Give a task back to the front of its line."""
        _check_wall(request, token)
        try:
            leases.release(user=request.user, token=token)
        except leases.LeaseLost as lost:
            raise Problem("lease-lost", 409, str(lost)) from None
        return Response(status=204)


def _check_wall(request: Request, lease: str) -> None:
    if isinstance(request.auth, Token) and not lease_is_of(lease, request.auth.project_id):
        raise Problem("lease-lost", 409, "This is no lease of this token's project.")
