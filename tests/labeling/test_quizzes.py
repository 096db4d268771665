"""Known answers and quizzes: what may be made, what they gate, how they are marked."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from labeling.domain.values import ValueRefused
from labeling.enums import Verdict
from labeling.models import Answer, Gold, Quiz, QuizAttempt, Resolution
from labeling.queries import quizzes as queries
from labeling.queries.quizzes import KNOWS_THE_WORK
from labeling.services import answers, gold, leases, quizzes
from people.models import AuditEvent
from tests.factories.gold import quiz_of
from tests.factories.labeling import ImageFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db


def say(user, task, held, label="in_stock"):
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)
    return answers.record_answer(user=user, task=task, lease=held.token, said=said)[0]


def answer_all(user, attempt, *labels):
    for label in labels:
        ((task, held),) = leases.claim(user=user, queue=attempt.queue)
        say(user, task, held, label)
    attempt.refresh_from_db()
    return attempt


def test_an_image_has_one_known_answer_and_quizzes_follow_it(shop):
    quiz = quiz_of(shop, 2)
    first, other = quiz.questions.order_by("id")
    same = gold.make_gold(user=shop.qa_lead, project=shop.project, image=first.image, value=first.value)
    assert same == first
    better = gold.make_gold(
        user=shop.engineer, project=shop.project, image=first.image, value={"label": "blocked"}, why="A box."
    )
    assert set(quiz.questions.all()) == {better, other}
    assert Gold.objects.get(image=first.image, retired_at=None) == better
    for one in (better, other, other):
        gold.retire_gold(user=shop.qa_lead, gold=one)
    quiz.refresh_from_db()
    assert quiz.retired_at is not None
    assert AuditEvent.objects.filter(action="gold.retired").count() == 2


@pytest.mark.parametrize(
    ("value", "why", "field"),
    [
        (None, "", "value"),
        ({"label": "gone"}, "", "value.label"),
        ({"label": "blocked"}, "x" * 2001, "why"),
        ({"label": "blocked"}, "\0", "why"),
    ],
)
def test_gold_that_cannot_be_right_is_refused(shop, value, why, field):
    image = ImageFactory(project=shop.project)
    with pytest.raises(ValueRefused) as refused:
        gold.make_gold(user=shop.qa_lead, project=shop.project, image=image, value=value, why=why)
    assert list(refused.value.errors) == [field]
    with pytest.raises(ValueRefused, match="not an image of this project"):
        gold.make_gold(
            user=shop.qa_lead, project=shop.project, image=ImageFactory(), value={"label": "blocked"}
        )


def test_only_leads_make_gold_and_quizzes(shop):
    image = ImageFactory(project=shop.project)
    for user in (shop.annotator, shop.associate, shop.stranger):
        with pytest.raises(PermissionDenied):
            gold.make_gold(user=user, project=shop.project, image=image, value={"label": "blocked"})
        with pytest.raises(PermissionDenied):
            quizzes.make_quiz(user=user, project=shop.project, name="x", pass_share=1, gold=[])
    assert not Gold.objects.exists()


def test_a_quiz_that_cannot_be_passed_is_refused_with_every_reason(shop):
    with pytest.raises(ValueRefused) as refused:
        quizzes.make_quiz(
            user=shop.qa_lead,
            project=shop.project,
            name=" ",
            pass_share=0,
            gold=[],
            for_user=shop.associate,
        )
    assert set(refused.value.errors) == {"name", "pass_share", "gold", "for_user"}


def test_a_quiz_comes_before_tasks_until_it_is_passed(shop):
    open_task(shop.queue("review"))
    quiz = quiz_of(shop, 3, pass_share=0.6)
    with pytest.raises(quizzes.QuizFirst) as first:
        leases.claim(user=shop.annotator, queue=shop.queue("review"))
    assert first.value.quiz == quiz
    assert leases.claim(user=shop.qa_lead, queue=shop.queue("review")) != []
    attempt = quizzes.start(user=shop.annotator, quiz=quiz)
    assert quizzes.start(user=shop.annotator, quiz=quiz) == attempt
    answer_all(shop.annotator, attempt, "in_stock", "blocked", "blocked")
    assert (attempt.right, attempt.passed) == (1, False)
    with pytest.raises(quizzes.QuizFirst):
        leases.claim(user=shop.annotator, queue=shop.queue("review"))
    again = quizzes.start(user=shop.annotator, quiz=quiz)
    answer_all(shop.annotator, again, "in_stock", "blocked", "in_stock")
    assert (again.right, again.passed) == (2, True)
    open_task(shop.queue("review"))
    assert leases.claim(user=shop.annotator, queue=shop.queue("review")) != []
    with pytest.raises(quizzes.QuizClosed):
        quizzes.start(user=shop.annotator, quiz=quiz)
    assert not Resolution.objects.exists()


def test_a_result_is_shown_also_when_the_last_answer_comes_while_the_page_is_made(shop, client, monkeypatch):
    attempt = quizzes.start(user=shop.annotator, quiz=quiz_of(shop, 1))
    client.force_login(shop.annotator)
    page = reverse("quiz-result", args=[shop.project.slug, attempt.pk])
    assert client.get(page).headers["Location"] == reverse("quiz", args=[shop.project.slug])
    is_arriving = queries.is_arriving

    def and_it_arrives(attempt):
        answer_all(shop.annotator, QuizAttempt.objects.get(pk=attempt.pk), "in_stock")
        return is_arriving(attempt)

    monkeypatch.setattr(queries, "is_arriving", and_it_arrives)
    assert b"1 of 1 right" in client.get(page).content


def test_one_persons_quiz_stops_nobody_else(shop):
    open_task(shop.queue("review"))
    other = member(shop.project, "annotator")
    quiz = quiz_of(shop, 1, for_user=other)
    with pytest.raises(quizzes.QuizFirst):
        leases.claim(user=other, queue=shop.queue("review"))
    with pytest.raises(quizzes.QuizClosed):
        quizzes.start(user=shop.annotator, quiz=quiz)
    assert leases.claim(user=shop.annotator, queue=shop.queue("review")) != []
    quizzes.retire_quiz(user=shop.qa_lead, quiz=quiz)
    assert leases.claim(user=other, queue=shop.queue("review")) == []


def test_who_knew_the_work_before_the_quiz_is_not_stopped_unless_everybody_is_asked(shop):
    queue = shop.queue("audit")
    for _ in range(KNOWS_THE_WORK + 2):
        open_task(queue)
    newcomer = member(shop.project, "annotator")
    for who, count in ((shop.annotator, KNOWS_THE_WORK), (newcomer, 1)):
        for task, held in leases.claim(user=who, queue=queue, count=count):
            say(who, task, held)
    assert Answer.objects.filter(user=shop.annotator).count() == KNOWS_THE_WORK
    quiz = quiz_of(shop, 1)
    with pytest.raises(quizzes.QuizFirst):
        leases.claim(user=newcomer, queue=queue)
    assert leases.claim(user=shop.annotator, queue=queue) != []
    with pytest.raises(quizzes.QuizClosed):
        quizzes.start(user=shop.annotator, quiz=quiz)
    quiz_of(shop, 1, name="Everybody's", asks_everybody=True)
    with pytest.raises(quizzes.QuizFirst, match="Everybody's"):
        leases.claim(user=shop.annotator, queue=queue)
    with pytest.raises(ValueRefused, match="one person's quiz"):
        quiz_of(shop, 1, for_user=newcomer, asks_everybody=True)


def test_a_mark_stands_when_an_answer_is_changed_after_it(shop):
    attempt = quizzes.start(user=shop.annotator, quiz=quiz_of(shop, 1))
    answer_all(shop.annotator, attempt, "blocked")
    answer = Answer.objects.get()
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": "in_stock"})
    answers.supersede(user=shop.annotator, task=answer.task, said=said, earlier=answer.pk)
    attempt.refresh_from_db()
    assert (attempt.right, attempt.passed) == (0, False)
    assert QuizAttempt.objects.count() == Quiz.objects.count() == 1
