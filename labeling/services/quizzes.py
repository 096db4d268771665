"""Quizzes: made of known answers, taken in a queue of one's own, marked when the last question is answered."""

import random
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.marking import is_right
from labeling.domain.values import ValueRefused
from labeling.enums import Audience, Purpose, TaskState
from labeling.models import Gold, Queue, Quiz, QuizAttempt, Task
from labeling.queries import quizzes
from labeling.services.tasks import add_slots
from people.models import Project
from people.services import audit
from people.services.announcements import announce, queue_topic

LONGEST_NAME = 200
MOST_QUESTIONS = 200
LEASE_SECONDS = 600


class QuizFirst(Exception):
    """Tasks wait behind a quiz that this person has not passed yet; `quiz` is it."""

    def __init__(self, quiz: Quiz) -> None:
        super().__init__(f"Pass the quiz {quiz.name!r} first; tasks come after it.")
        self.quiz = quiz


class QuizClosed(Exception):
    """The quiz is retired, or passed already: there is nothing to attempt."""


@transaction.atomic
def make_quiz(
    *,
    user: Any,
    project: Project,
    name: str,
    pass_share: float,
    gold: Sequence[Gold],
    for_user: Any = None,
    asks_everybody: bool = False,
) -> Quiz:
    """A quiz of these known answers; `pass_share` of them, 0..1, must be right.

    For one annotator, or with `for_user` None for annotators new here; `asks_everybody` stops those at work too. It
    comes before their next task. Raises ValueRefused naming what is wrong, and PermissionDenied.
    """
    rules.check_run_rounds(user, project)
    questions = {one.pk: one for one in gold}
    errors: dict[str, list[str]] = {}
    if not name.strip() or len(name) > LONGEST_NAME or not is_text(name):
        errors["name"] = [f"must have 1 to {LONGEST_NAME} characters."]
    if not 0 < pass_share <= 1:
        errors["pass_share"] = ["must be above 0 and at most 1."]
    if not 0 < len(questions) <= MOST_QUESTIONS:
        errors["gold"] = [f"must be 1 to {MOST_QUESTIONS} known answers."]
    elif any(one.project_id != project.pk or one.retired_at for one in questions.values()):
        errors["gold"] = ["holds one that is of another project, or retired."]
    if for_user is not None and not rules.takes_quizzes(for_user, project):
        errors["for_user"] = ["is not an annotator of this project."]
    if for_user is not None and asks_everybody:
        errors["asks_everybody"] = ["must be false for one person's quiz."]
    if errors:
        raise ValueRefused(errors)
    quiz = Quiz.objects.create(
        project=project,
        name=name.strip(),
        pass_share=pass_share,
        for_user=for_user,
        made_by=user,
        asks_everybody=asks_everybody,
    )
    quiz.questions.add(*questions.values())
    audit.record(
        actor=user,
        action="quiz.made",
        target=quiz,
        project_id=project.pk,
        detail={
            "questions": len(questions),
            "for": for_user and for_user.username,
            "everybody": asks_everybody,
        },
    )
    return quiz


@transaction.atomic
def retire_quiz(*, user: Any, quiz: Quiz) -> Quiz:
    """Ask it of nobody any more; again is the same. What was answered and marked stays."""
    rules.check_run_rounds(user, quiz.project)
    quiz = Quiz.objects.select_for_update(of=("self",)).select_related("project").get(pk=quiz.pk)
    if quiz.retired_at is None:
        quiz.retired_at = timezone.now()
        quiz.save(update_fields=["retired_at"])
        audit.record(actor=user, action="quiz.retired", target=quiz, project_id=quiz.project_id)
    return quiz


def check_passed(*, user: Any, queue: Queue) -> None:
    """Raise QuizFirst where an annotator has a quiz before them; a quiz's own queue is always open to them."""
    if queue.purpose == Purpose.QUIZ or queue.audience != Audience.ANNOTATOR:
        return
    quiz = quizzes.first_before_work(user, queue.project)
    if quiz is not None:
        raise QuizFirst(quiz)


@transaction.atomic
def start(*, user: Any, quiz: Quiz) -> QuizAttempt:
    """Begin an attempt, its questions in an order of its own; the one under way where there is one already.

    Raises QuizClosed, and PermissionDenied for whom the quiz is not.
    """
    rules.check_takes_quizzes(user, quiz.project)
    # Two tabs begin one attempt: the second waits here, and finds it.
    quiz = Quiz.objects.select_for_update(of=("self",)).select_related("project").get(pk=quiz.pk)
    if begun := quizzes.under_way(user, quiz):
        return begun
    if not quizzes.before_work(user, quiz.project).filter(pk=quiz.pk).exists():
        raise QuizClosed("There is nothing to attempt: this quiz is passed already, or asked of you no more.")
    number = QuizAttempt.objects.filter(user=user, quiz__project=quiz.project).count() + 1
    queue = Queue.objects.create(
        project=quiz.project,
        name=f"quiz-{user.pk}-{number}",
        audience=Audience.ANNOTATOR.value,
        purpose=Purpose.QUIZ.value,
        blind=True,
        lease_seconds=LEASE_SECONDS,
    )
    queue.members.add(user)
    questions = list(quiz.questions.order_by("id"))
    random.shuffle(questions)
    asked = [Task(project=quiz.project, queue=queue, image_id=one.image_id, gold=one) for one in questions]
    Task.objects.bulk_create(asked)
    add_slots(queue, asked)
    attempt = QuizAttempt.objects.create(quiz=quiz, user=user, queue=queue, questions=len(questions))
    audit.record(actor=user, action="quiz.begun", target=attempt, project_id=quiz.project_id)
    return attempt


@transaction.atomic(savepoint=False)
def mark_if_done(*, task: Task) -> None:
    """After an answer to a quiz's question: mark the attempt once none is open, and close its queue."""
    if task.queue.purpose != Purpose.QUIZ:
        return
    # Of the last two answers at the same instant, the second waits here and then sees the first.
    attempt = QuizAttempt.objects.select_for_update(of=("self",)).select_related("quiz").get(queue=task.queue)
    open_still = Task.objects.filter(queue=task.queue, state=TaskState.OPEN).exists()
    if attempt.finished_at is not None or open_still:
        return
    asked = quizzes.questions_of(attempt)
    attempt.right = sum(said is not None and is_right(said.value, known.gold.value) for known, said in asked)
    attempt.passed = attempt.right >= attempt.quiz.pass_share * attempt.questions - 1e-9
    attempt.finished_at = timezone.now()
    attempt.save(update_fields=["right", "passed", "finished_at"])
    Queue.objects.filter(pk=task.queue_id).update(closed_at=attempt.finished_at)
    announce(queue_topic(task.queue_id, 0), "tasks.closed")
    audit.record(
        actor=attempt.user,
        action="quiz.finished",
        target=attempt,
        project_id=attempt.quiz.project_id,
        detail={"right": attempt.right, "questions": attempt.questions, "passed": attempt.passed},
    )
