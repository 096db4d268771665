"""Sending disputed images to a QA lead, asking one person more, and changing a queue's rule."""

import uuid

import pytest
from django.utils import timezone

from labeling.enums import TaskState, Verdict
from labeling.models import Answer, Resolution, Slot, Task
from labeling.services import adjudication, answers
from labeling.services.leases import LeaseLost, claim, claim_task
from people.models import AuditEvent
from tests.factories.labeling import AnswerFactory, ImageFactory, open_task, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db
A, B = {"label": "in_stock"}, {"label": "low_stock"}


def say(user, task, value, words=""):
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value=value, words=words, seconds=2)
    return answers.record_answer(user=user, task=task, lease=None, said=said)[0]


@pytest.fixture
def pair(shop):
    """Two answers a task in `review`; `.people` are three annotators."""
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    shop.review = queue
    shop.people = [shop.annotator, *(member(shop.project, "annotator") for _ in range(2))]
    return shop


def voted(shop, *values):
    """An image with these votes that nothing was made of."""
    task = open_task(shop.queue("audit"), ImageFactory(project=shop.project))
    for user, value in zip(shop.people, values, strict=False):
        AnswerFactory(task=task, user=user, value=value)
    return task.image


def test_the_most_divided_comes_first_and_nothing_tells_who_said_what(pair):
    agreed, split, leaning = voted(pair, A, A), voted(pair, A, B), voted(pair, A, A, B)
    made = adjudication.send(
        user=pair.qa_lead, project=pair.project, images=[agreed, leaning, split], reason="A low α."
    )
    assert [task.priority for task in made] == [9, 8, 0]
    taken = [task.image for task, _ in claim(user=pair.qa_lead, queue=pair.queue("adjudication"), count=5)]
    assert taken == [split, leaning, agreed]
    claimed = pair.client(pair.qa_lead).get(f"/api/v1/tasks/{made[0].pk}/").content.decode()
    assert pair.annotator.username not in claimed
    assert "low_stock" not in claimed
    event = AuditEvent.objects.get(action="adjudication.sent")
    assert (event.actor, event.detail["opened"], event.detail["reason"]) == (pair.qa_lead, 3, "A low α.")


def test_what_the_model_of_all_answers_says_of_an_image_outranks_its_own_votes(pair):
    split, agreed = voted(pair, A, B), voted(pair, A, A)
    made = adjudication.send(
        user=pair.qa_lead, project=pair.project, images=[split, agreed], bits={split.pk: 0.1, agreed.pk: 0.6}
    )
    assert [(task.image, task.priority) for task in made] == [(agreed, 5), (split, 1)]


def test_sent_twice_it_waits_once(pair):
    image = voted(pair, A, B)
    for _ in range(2):
        adjudication.send(user=pair.qa_lead, project=pair.project, images=[image])
    assert Task.objects.filter(queue=pair.queue("adjudication")).count() == 1


def test_one_more_answer_is_asked_of_somebody_new_and_settles_it(pair):
    task = open_task(pair.review)
    say(pair.people[0], task, A)
    say(pair.people[1], task, B)
    waiting = Task.objects.get(queue=pair.queue("adjudication"))
    last = Slot.objects.order_by("-position").first().position
    assert adjudication.ask_again(user=pair.qa_lead, project=pair.project, tasks=[task]) == [task]
    assert Slot.objects.get(task=task, answered_at=None).position > last
    waiting.refresh_from_db()
    assert waiting.state == TaskState.WITHDRAWN
    for user in pair.people[:2]:
        assert claim(user=user, queue=pair.review) == []
        with pytest.raises(LeaseLost):
            claim_task(user=user, task=task)
    ((again, _),) = claim(user=pair.people[2], queue=pair.review)
    say(pair.people[2], again, B)
    truth = Resolution.objects.get()
    assert (truth.value, truth.by, truth.answer_count) == (B, "consensus", 3)
    assert Answer.objects.count() == 3
    task.refresh_from_db()
    assert (task.state, task.extra_answers) == (TaskState.RESOLVED, 1)


def test_what_was_settled_stands_until_the_further_answer_is_there(pair):
    task = open_task(pair.review)
    say(pair.people[0], task, A)
    say(pair.people[1], task, A)
    adjudication.ask_again(user=pair.qa_lead, project=pair.project, tasks=[task])
    assert Resolution.objects.get(replaced_at=None).value == A


def test_an_adjudicator_at_work_is_not_interrupted(pair):
    task = open_task(pair.review)
    say(pair.people[0], task, A)
    say(pair.people[1], task, B)
    ((held, _),) = claim(user=pair.qa_lead, queue=pair.queue("adjudication"))
    adjudication.ask_again(user=pair.qa_lead, project=pair.project, tasks=[task])
    held.refresh_from_db()
    assert held.state == TaskState.OPEN


def test_what_cannot_be_asked_again_is_left_as_it_is(pair):
    closed = open_task(pair.review)
    say(pair.people[0], closed, A)
    say(pair.people[1], closed, A)
    anew = open_task(pair.review, closed.image)
    withdrawn = open_task(pair.review)
    Task.objects.filter(pk=withdrawn.pk).update(state="withdrawn", closed_at=timezone.now())
    elsewhere = open_task(project_with().queues.get(name="review"))
    full = open_task(pair.review)
    Task.objects.filter(pk=full.pk).update(extra_answers=18)
    asked = [closed, anew, withdrawn, elsewhere, full]
    assert adjudication.ask_again(user=pair.qa_lead, project=pair.project, tasks=asked) == [anew]


def test_the_api_sends_asks_and_says_what_it_does_not_know(pair):
    client = pair.client(pair.qa_lead)
    image = voted(pair, A, B)
    path = f"/api/v1/projects/{pair.project.slug}/"
    sent = client.post(f"{path}adjudications/", {"images": [str(image.pk)]}, format="json")
    assert (sent.status_code, len(sent.json()["tasks"])) == (201, 1)
    unknown = client.post(f"{path}adjudications/", {"images": [str(uuid.uuid4())]}, format="json")
    assert "no image of this project" in unknown.json()["errors"]["images"][0]
    task = open_task(pair.review)
    asked = client.post(f"{path}more-answers/", {"tasks": [str(task.pk)]}, format="json")
    assert asked.json() == {"tasks": [str(task.pk)]}


def test_a_queues_rule_is_changed_on_the_record(pair):
    client = pair.client(pair.qa_lead)
    path = f"/api/v1/queues/{pair.review.pk}/"
    changed = client.patch(path, {"consensus": "unanimous", "quorum": 2}, format="json")
    assert (changed.status_code, changed.json()["consensus"], changed.json()["quorum"]) == (
        200,
        "unanimous",
        2,
    )
    event = AuditEvent.objects.get(action="queue.changed")
    assert event.detail["changed"] == {"consensus": ["majority", "unanimous"], "quorum": [0, 2]}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"quorum": 3}, "quorum"),
        ({"answers_required": 5}, "answers_required"),
        ({"consensus": "loudest"}, "consensus"),
        ({"posterior_floor": 1.5}, "posterior_floor"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(pair, sent, field):
    reply = pair.client(pair.qa_lead).patch(f"/api/v1/queues/{pair.review.pk}/", sent, format="json")
    assert (reply.status_code, list(reply.json()["errors"])) == (400, [field])
    pair.review.refresh_from_db()
    assert (pair.review.quorum, pair.review.consensus) == (0, "majority")


def test_boxes_are_not_weighed_as_labels(shop):
    project = project_with(task_type="detection")
    lead = member(project, "qa_lead")
    queue = project.queues.get(name="review")
    reply = client_of(lead, project).patch(
        f"/api/v1/queues/{queue.pk}/", {"consensus": "dawid_skene"}, format="json"
    )
    assert reply.status_code == 400
    assert "unanimous or majority" in reply.json()["detail"]
