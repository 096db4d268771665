"""Quizzes and attempts, as far as somebody may see them, and which of them come before a first task."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling import rules
from labeling.enums import AnswerState
from labeling.models import Answer, Quiz, QuizAttempt, Slot, Task
from people.enums import Role
from people.models import Membership, Project
from people.queries.prepared import Prepared
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[Quiz]:
    """All quizzes of the projects the user leads; to an annotator those in force for everybody, and their own."""
    annotates = Membership.objects.filter(user=user, role=Role.ANNOTATOR).values("project")
    mine = Q(for_user=user) | Q(for_user=None, retired_at=None)
    found = Quiz.objects.filter(Q(project__in=led_by(user)) | Q(mine, project__in=annotates))
    return found.select_related("project", "for_user", "made_by").annotate(question_count=Count("questions"))


def attempts_visible_to(user: Any) -> QuerySet[QuizAttempt]:
    """Everybody's attempts in the projects the user leads, and their own."""
    members = Membership.objects.filter(user=user).values("project")
    return QuizAttempt.objects.filter(
        Q(quiz__project__in=led_by(user)) | Q(user=user, quiz__project__in=members)
    ).select_related("quiz__project", "queue", "user")


KNOWS_THE_WORK = 20
"""Who had answered so many tasks of a project before a quiz was made is no newcomer to it."""


def before_work(user: Any, project: Project) -> QuerySet[Quiz]:
    """The quizzes in force that the user has not passed yet, the oldest first; none for who leads the project."""
    if not rules.takes_quizzes(user, project):
        return Quiz.objects.none()
    return _not_passed(user.pk, project.pk)


def first_before_work(user: Any, project: Project) -> Quiz | None:
    """The oldest of them; every claim asks."""
    return FIRST.first(user=user.pk, project=project.pk) if rules.takes_quizzes(user, project) else None


def _not_passed(user: int, project: UUID) -> QuerySet[Quiz]:
    passed = QuizAttempt.objects.filter(quiz=OuterRef("pk"), user=user, passed=True)
    earlier = Answer.objects.filter(
        user=user,
        project=project,
        task__gold=None,
        state=AnswerState.COUNTED,
        supersedes=None,
        created_at__lt=OuterRef("created_at"),
    )
    asked = Q(for_user=user) | Q(for_user=None) & (
        Q(asks_everybody=True) | ~Exists(earlier[KNOWS_THE_WORK - 1 : KNOWS_THE_WORK])
    )
    return Quiz.objects.filter(~Exists(passed), asked, project=project, retired_at=None).order_by("id")


FIRST = Prepared(_not_passed, user=1_000_000_007, project=UUID(int=1))


def under_way(user: Any, quiz: Quiz) -> QuizAttempt | None:
    """The attempt this person has begun and not finished."""
    attempts = QuizAttempt.objects.filter(quiz=quiz, user=user, finished_at=None)
    return attempts.select_related("queue", "quiz__project").first()


def attempt_of(queue_id: UUID) -> QuizAttempt | None:
    """The attempt whose questions wait in this queue."""
    return QuizAttempt.objects.filter(queue=queue_id).select_related("quiz", "user", "queue").first()


def is_arriving(attempt: QuizAttempt) -> bool:
    """Whether nothing is left to hand out: what is not answered is held, its answer on the way."""
    left = Slot.objects.filter(queue_id=attempt.queue_id, answered_at=None)
    return left.exists() and not left.exclude(expires_at__gt=timezone.now()).exists()


def questions_of(attempt: QuizAttempt) -> list[tuple[Task, Answer | None]]:
    """Each question with what its author said of it last, in the order they were asked."""
    tasks = Task.objects.filter(queue=attempt.queue_id).select_related("gold", "image__source")
    said = Answer.objects.filter(
        task__queue=attempt.queue_id, state=AnswerState.COUNTED, superseded_by=None
    ).select_related("guideline")
    by_task = {answer.task_id: answer for answer in said.order_by("id")}
    return [(task, by_task.get(task.pk)) for task in tasks.order_by("id")]


@dataclass(frozen=True)
class Results:
    """How many people tried a quiz, and how many of them passed it."""

    tried: int = 0
    passed: int = 0


def results_of(found: Iterable[Quiz]) -> dict[UUID, Results]:
    """By quiz id, how many tried and passed; one statement for all of them."""
    quizzes = [quiz.pk for quiz in found]
    counted = (
        QuizAttempt.objects.filter(quiz__in=quizzes)
        .values_list("quiz")
        .annotate(
            tried=Count("user", distinct=True), passed=Count("user", distinct=True, filter=Q(passed=True))
        )
    )
    results = {quiz: Results(tried, passed) for quiz, tried, passed in counted}
    return {quiz: results.get(quiz, Results()) for quiz in quizzes}
