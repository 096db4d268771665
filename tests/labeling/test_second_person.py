"""Who is often wrong at known answers settles nothing alone; and what became of somebody's answers this week."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.enums import TaskState, Verdict
from labeling.models import Answer, Gold, Resolution, Task
from labeling.queries.my_week import week_of
from labeling.services.answers import Said, record_answer
from labeling.services.second_person import is_unreliable
from people.models import AuditEvent
from tests.factories.labeling import AnswerFactory, ImageFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db

PROPOSAL = {"label": "low_stock", "confidence": 0.7, "scores": {"low_stock": 0.7}, "model": "m"}


def checked(shop, user, right, wrong):
    """The user answered so many known answers among the alerts."""
    for number in range(right + wrong):
        image = ImageFactory(project=shop.project, source=shop.camera)
        gold = Gold.objects.create(project=shop.project, image=image, value={"label": "in_stock"})
        task = Task.objects.create(
            project=shop.project,
            queue=shop.queue("alerts"),
            image=image,
            gold=gold,
            state="resolved",
            closed_at=timezone.now(),
        )
        AnswerFactory(
            project=shop.project,
            task=task,
            user=user,
            value={"label": "in_stock" if number < right else "blocked"},
        )


def say(user, task, label=None):
    verdict = Verdict.ACCEPT if label is None else Verdict.CORRECT
    said = Said(uuid4(), verdict, {"label": label} if label else None)
    return record_answer(user=user, task=task, lease=None, said=said)[0]


@pytest.mark.parametrize(
    ("right", "wrong", "unreliable"),
    [(0, 4, False), (0, 5, True), (2, 3, True), (3, 2, False), (8, 8, True), (19, 1, False)],
)
def test_somebody_is_unreliable_once_the_whole_interval_says_so(shop, right, wrong, unreliable):
    checked(shop, shop.associate, right, wrong)
    assert is_unreliable(shop.associate, shop.project) == unreliable


def test_one_reliable_answer_is_enough(shop):
    task = open_task(shop.queue("alerts"), site_id=shop.north.pk, proposal=PROPOSAL)
    say(shop.associate, task)
    assert Resolution.objects.get().by == "one_answer"


def test_an_unreliable_answer_waits_for_a_second_that_agrees(shop):
    checked(shop, shop.associate, 0, 6)
    colleague = member(shop.project, "associate", shop.north)
    task = open_task(shop.queue("alerts"), site_id=shop.north.pk, proposal=PROPOSAL)
    say(shop.associate, task)
    assert not Resolution.objects.exists()
    assert Task.objects.get(pk=task.pk).state == TaskState.OPEN
    assert AuditEvent.objects.filter(action="alert.second_person").count() == 1
    say(colleague, Task.objects.select_related("queue", "project", "image").get(pk=task.pk))
    assert Resolution.objects.get().by == "consensus"
    assert AuditEvent.objects.filter(action="alert.second_person").count() == 1


def test_two_who_differ_go_to_a_qa_lead(shop):
    checked(shop, shop.associate, 0, 6)
    colleague = member(shop.project, "associate", shop.north)
    task = open_task(shop.queue("alerts"), site_id=shop.north.pk, proposal=PROPOSAL)
    say(shop.associate, task)
    say(colleague, Task.objects.select_related("queue", "project", "image").get(pk=task.pk), "in_stock")
    assert not Resolution.objects.exists()
    assert Task.objects.get(queue=shop.queue("adjudication")).image_id == task.image_id


def test_a_week_tells_what_was_answered_and_what_was_fixed(shop):
    alerts = shop.queue("alerts")
    for label in (None, "in_stock", "in_stock"):
        say(shop.associate, open_task(alerts, site_id=shop.north.pk, proposal=PROPOSAL), label)
    week = week_of(shop.associate, shop.project)
    assert (week.answers, week.fixed) == (3, 2)
    other = Resolution.objects.filter(value={"label": "in_stock"}).first()
    Resolution.objects.filter(pk=other.pk).update(replaced_at=timezone.now())
    assert week_of(shop.associate, shop.project).fixed == 1
    assert week_of(shop.other_associate, shop.project).answers == 0
    later = timezone.now() + timedelta(days=7)
    assert week_of(shop.associate, shop.project, later).answers == 0
    told = shop.client(shop.associate).get(f"/api/v1/projects/{shop.project.slug}/my-week/").json()
    assert (told["answers"], told["fixed"]) == (3, 1)


def test_the_page_says_so(client, shop):
    alerts = shop.queue("alerts")
    say(shop.associate, open_task(alerts, site_id=shop.north.pk, proposal=PROPOSAL), "in_stock")
    client.force_login(shop.associate)
    page = client.get(f"/p/{shop.project.slug}/alerts/").content.decode()
    assert "Your 1 answer this week fixed 1 mistake of the model." in page
    assert Answer.objects.count() == 1
