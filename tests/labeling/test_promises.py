"""The promises that must hold when many people work at once: real threads, real transactions."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from labeling.enums import Verdict
from labeling.models import Answer, Resolution, Slot, Task
from labeling.services import answers, leases
from labeling.services.tasks import Request, open_tasks
from people.models import User
from tests.factories.labeling import ImageFactory, open_task, project_with
from tests.factories.people import client_of, member

THREADS = 64
TASKS = 2000


def in_threads(count, work):
    """Run `work(number)` in that many threads that start together; their results. Connections are given back."""
    together = threading.Barrier(count)

    def one(number):
        together.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def crowd(project, count):
    return [member(project, "annotator") for _ in range(count)]


def filled(project, *, answers_required, tasks):
    queue = project.queues.get(name="review")
    queue.answers_required = answers_required
    queue.save()
    images = ImageFactory.build_batch(tasks, project=project)
    type(images[0]).objects.bulk_create(images)
    open_tasks(queue=queue, requests=[Request(image=image) for image in images])
    return queue


def said(label="in_stock"):
    return answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_64_threads_never_hold_one_task_twice():
    project = project_with()
    queue = filled(project, answers_required=1, tasks=TASKS)
    users = crowd(project, THREADS)

    def work(number):
        user, held = User.objects.get(pk=users[number].pk), []
        while taken := leases.claim(user=user, queue=queue, count=5):
            held += [task.pk for task, _ in taken]
        return held

    held = [pk for mine in in_threads(THREADS, work) for pk in mine]
    assert len(held) == len(set(held)) == TASKS
    assert Slot.objects.filter(user__isnull=False).count() == TASKS


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answers_required", [1, 2])
def test_64_threads_answer_each_task_by_as_many_people_as_it_asks_for(answers_required):
    project = project_with()
    tasks = 400 // answers_required
    queue = filled(project, answers_required=answers_required, tasks=tasks)
    users = crowd(project, THREADS)

    def work(number):
        user, done = User.objects.get(pk=users[number].pk), 0
        while taken := leases.claim(user=user, queue=queue):
            for task, held in taken:
                _, new = answers.record_answer(user=user, task=task, lease=held.token, said=said())
                done += new
        return done

    assert sum(in_threads(THREADS, work)) == tasks * answers_required
    by_task = Counter(Answer.objects.values_list("task", flat=True))
    assert set(by_task.values()) == {answers_required}
    assert len(by_task) == tasks
    pairs = list(Answer.objects.values_list("task", "user"))
    assert len(pairs) == len(set(pairs))
    assert Resolution.objects.count() == Task.objects.filter(state="resolved").count() == tasks
    assert not Slot.objects.filter(answered_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_lease", [True, False])
def test_an_answer_sent_at_the_same_instant_is_recorded_once(with_lease):
    project = project_with()
    queue = project.queues.get(name="review")
    task = open_task(queue)
    (user,) = crowd(project, 1)
    lease = leases.claim(user=user, queue=queue)[0][1].token if with_lease else None
    sent = {
        "lease": lease,
        "client_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"label": "in_stock"},
        "seconds": 1,
    }
    clients = [client_of(user, project) for _ in range(8)]

    def work(number):
        return clients[number].post(f"/api/v1/tasks/{task.pk}/answers/", sent, format="json")

    replies = in_threads(8, work)
    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [201]
    assert len({reply.content for reply in replies}) == 1
    assert Answer.objects.count() == Resolution.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_idempotency_key_at_the_same_instant_acts_once():
    project = project_with()
    queue = project.queues.get(name="review")
    for _ in range(8):
        open_task(queue)
    (user,) = crowd(project, 1)
    clients = [client_of(user, project) for _ in range(6)]

    def work(number):
        path = f"/api/v1/queues/{queue.pk}/claim/"
        return clients[number].post(path, {}, format="json", headers={"Idempotency-Key": "same"})

    replies = in_threads(6, work)
    assert len({reply.content for reply in replies}) == 1
    assert sum("Idempotency-Replayed" in reply for reply in replies) == 5
    assert Slot.objects.filter(user=user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_late_takers_of_an_expired_lease_get_it_once():
    project = project_with()
    queue = project.queues.get(name="review")
    open_task(queue)
    users = crowd(project, 9)
    leases.claim(user=users[0], queue=queue)
    Slot.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    def work(number):
        return len(leases.claim(user=User.objects.get(pk=users[number + 1].pk), queue=queue))

    assert sum(in_threads(8, work)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_two_answers_at_once_resolve_the_task_once():
    project = project_with()
    queue = filled(project, answers_required=2, tasks=20)
    users = crowd(project, 2)
    held = [leases.claim(user=user, queue=queue, count=20) for user in users]

    def work(number):
        user = User.objects.get(pk=users[number].pk)
        for task, lease in held[number]:
            answers.record_answer(user=user, task=task, lease=lease.token, said=said())

    in_threads(2, work)
    assert Resolution.objects.count() == Task.objects.filter(state="resolved").count() == 20
    assert set(Resolution.objects.values_list("answer_count", flat=True)) == {2}


@pytest.mark.django_db
def test_the_database_itself_refuses_one_person_two_places(shop):
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    task = open_task(queue)
    leases.claim(user=shop.annotator, queue=queue)
    with pytest.raises(IntegrityError, match="one_slot_a_person_and_task"), transaction.atomic():
        Slot.objects.filter(task=task, user=None).update(user=shop.annotator, expires_at=timezone.now())


@pytest.mark.django_db
def test_the_database_itself_refuses_what_must_never_be(shop):
    task = open_task(shop.queue("review"))
    answer, _ = answers.record_answer(user=shop.annotator, task=task, lease=None, said=said())
    standing = Resolution.objects.get()

    def again(row, **changed):
        fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
        type(row).objects.create(**{**fields, **changed})

    refused = {
        "said_once": lambda: again(answer),
        "one_resolution_in_force": lambda: again(standing),
        "one_image_a_sha256": lambda: again(task.image),
        "one_open_task_an_image_and_queue": lambda: [
            Task.objects.create(project=task.project, queue=task.queue, image=task.image) for _ in range(2)
        ],
        "never changed": lambda: Answer.objects.update(value={"label": "blocked"}),
    }
    for reason, attempt in refused.items():
        with pytest.raises(IntegrityError, match=reason), transaction.atomic():
            attempt()
