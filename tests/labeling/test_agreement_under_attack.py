"""What might give an adjudicator away who said what, and what happens to reports and rules in the middle of things."""

import threading
import uuid

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from labeling.domain.agreement.filters import Filters
from labeling.enums import TaskState, Verdict
from labeling.models import AgreementReport, AgreementStatistics, Answer, PendingConsensus, Resolution, Task
from labeling.services import adjudication, agreement, answers
from labeling.services.consensus import judge_pending
from labeling.services.guidelines import acknowledge
from labeling.services.queues import change_queue
from tests.factories.agreement_story import tell
from tests.factories.labeling import AnswerFactory, GuidelineFactory, ImageFactory, open_task
from tests.factories.people import member

A, B = {"label": "in_stock"}, {"label": "low_stock"}


def say(user, task, value):
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value=value, seconds=2)
    return answers.record_answer(user=user, task=task, lease=None, said=said)[0]


@pytest.fixture
def split(shop):
    """Annotators whose names stand nowhere else, and a task that two of them called differently: it was sent on."""
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    shop.review = queue
    shop.people = [shop.annotator, *(member(shop.project, "annotator") for _ in range(3))]
    for number, user in enumerate(shop.people):
        user.first_name, user.last_name = f"Zebulon{number}", "Quill"
        user.save()
    shop.task = open_task(queue, ImageFactory(project=shop.project))
    say(shop.people[0], shop.task, A)
    say(shop.people[1], shop.task, B)
    shop.waiting = Task.objects.get(queue=shop.queue("adjudication"))
    guideline = GuidelineFactory(project=shop.project)
    for user in (shop.qa_lead, *shop.people):
        acknowledge(user=user, guideline=guideline)
    return shop


def tells(shop, content):
    """Which names of annotators, or ids of their answers, stand in it."""
    names = [word for user in shop.people for word in (user.username, user.first_name)]
    ids = [str(pk) for pk in Answer.objects.filter(task=shop.task).values_list("pk", flat=True)]
    return [word for word in names + ids if word in content]


@pytest.mark.django_db
def test_nothing_where_the_task_appears_tells_the_adjudicator_who_said_what(split, client):
    api = split.client(split.qa_lead)
    queue, slug = split.queue("adjudication"), split.project.slug
    claimed = api.post(f"/api/v1/queues/{queue.pk}/claim/", {"count": 5}, format="json")
    assert str(split.waiting.pk) in claimed.content.decode()
    task = f"/api/v1/tasks/{split.waiting.pk}/"
    seen = [claimed, api.get(task), api.get("/api/v1/queues/"), api.get(f"/api/v1/projects/{slug}/queues/")]
    client.force_login(split.qa_lead)
    seen += [
        client.get(reverse("work-queue", args=[slug, "adjudication"])),
        client.get(reverse("image", args=[slug, split.task.image.pk])),
        client.get(reverse("agreement-pair", args=[slug]), {"a": "in_stock", "b": "low_stock"}),
        client.get(reverse("agreement-disputed", args=[slug])),
    ]
    for reply in seen:
        assert reply.status_code == 200
        assert tells(split, reply.content.decode()) == [], reply.request["PATH_INFO"]
    assert {"proposal", "answers", "said"} & {k for k, v in claimed.json()["tasks"][0].items() if v} == set()

    say(split.qa_lead, split.waiting, B)
    shown = client.get(reverse("image", args=[slug, split.task.image.pk])).content.decode()
    assert "Zebulon0" in shown
    assert "Zebulon1" in shown


@pytest.mark.django_db
def test_a_rule_changed_half_way_loses_no_answer_and_counts_none_twice(split):
    split.review.answers_required = 3
    split.review.save()
    majority = open_task(split.review, ImageFactory(project=split.project))
    for number, (user, value) in enumerate(zip(split.people, (A, A, B), strict=False)):
        if number == 2:
            change_queue(user=split.qa_lead, queue=split.review, consensus="unanimous")
        say(user, Task.objects.select_related("queue", "image", "project").get(pk=majority.pk), value)
    assert majority.answers.count() == 3
    assert not Resolution.objects.filter(image=majority.image).exists()
    sent = Task.objects.filter(queue=split.queue("adjudication"), image=majority.image)
    assert sent.get().state == TaskState.OPEN
    split.review.refresh_from_db()
    change_queue(user=split.qa_lead, queue=split.review, consensus="majority")
    # What was decided stays so: the adjudicator has it, once.
    assert sent.get().state == TaskState.OPEN
    assert agreement.report(project=split.project, filters=Filters())["annotations"] == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "settled"), [("unanimous", False), ("majority", False), ("dawid_skene", None)]
)
def test_what_waits_to_be_judged_is_judged_by_the_rule_in_force(split, rule, settled):
    for number in range(12):
        task = open_task(split.queue("audit"), ImageFactory(project=split.project))
        for user in split.people[:3]:
            AnswerFactory(task=task, user=user, value=(A, B)[number % 2])
        AnswerFactory(task=task, user=split.people[3], value=B)
    change_queue(user=split.qa_lead, queue=split.review, consensus="dawid_skene", posterior_floor=0.6)
    task = open_task(split.review, ImageFactory(project=split.project))
    for user, value in ((split.people[0], A), (split.people[3], B)):
        say(user, Task.objects.select_related("queue", "image", "project").get(pk=task.pk), value)
    assert PendingConsensus.objects.count() == 1
    split.review.refresh_from_db()
    change_queue(user=split.qa_lead, queue=split.review, consensus=rule)
    assert (judge_pending(), judge_pending()) == (1, 0)
    sent = Task.objects.filter(queue=split.queue("adjudication"), image=task.image).count()
    truths = Resolution.objects.filter(image=task.image).count()
    # Two who differ settle nothing by votes; the model knows the fourth for careless.
    assert (truths, sent) == ((1, 0) if settled is None else (0, 1))
    assert task.answers.count() == 2


def together(*work):
    """Run these at once, each on a connection of its own; returns what each raised."""
    raised = []
    gate = threading.Barrier(len(work))

    def run(one):
        gate.wait()
        try:
            one()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_freeze_the_same_view_at_once_and_both_have_it():
    told = tell(images=120)
    lead = member(told.project, "qa_lead")

    def freeze():
        agreement.freeze(user=lead, project=told.project, filters=Filters(), name="now")

    def look():
        agreement.report(project=told.project, filters=Filters())

    assert together(freeze, freeze, look, look) == []
    first, second = AgreementReport.objects.filter(project=told.project)
    same = {"as_of", "intervals_as_of"}
    assert {k: v for k, v in first.figures.items() if k not in same} == {
        k: v for k, v in second.figures.items() if k not in same
    }
    assert AgreementStatistics.objects.filter(project=told.project).count() == 1
    assert agreement.reproduce(first) == first.figures


@pytest.mark.django_db(transaction=True)
def test_a_label_retired_while_reports_are_made_takes_no_answer_with_it():
    told = tell(images=60)
    kept = agreement.freeze(user=None, project=told.project, filters=Filters(), name="before")
    total = kept.figures["annotations"]
    unused = told.project.labels.create(key="unused", name="Unused", position=9)
    found = []

    def retire():
        for number in range(12):
            at = None if number % 2 else timezone.now()
            told.project.labels.filter(key__in=["low", "unused"]).update(retired_at=at)

    def look():
        for _ in range(6):
            AgreementStatistics.objects.filter(project=told.project).delete()
            found.append(agreement.report(project=told.project, filters=Filters()))

    assert together(retire, look) == []
    for figures in found:
        # Given before it was retired, it counts; never given, it counts only while it is offered.
        assert figures["annotations"] == total
        assert set(figures["label_order"]) in ({*told.labels}, {*told.labels, unused.key})
        assert sum(label["support"] for label in figures["labels"].values()) == total
    kept.refresh_from_db()
    assert agreement.reproduce(kept) == kept.figures


@pytest.mark.django_db
def test_one_more_answer_asked_while_an_adjudicator_works_leaves_both_counted_once(split):
    adjudication.ask_again(user=split.qa_lead, project=split.project, tasks=[split.task])
    split.waiting.refresh_from_db()
    assert split.waiting.state == TaskState.WITHDRAWN
    split.task = Task.objects.select_related("queue", "image", "project").get(pk=split.task.pk)
    say(split.people[2], split.task, B)
    truth = Resolution.objects.get(image=split.task.image, replaced_at=None)
    assert (truth.value, truth.answer_count) == (B, 3)
    assert agreement.report(project=split.project, filters=Filters())["annotations"] == 3
