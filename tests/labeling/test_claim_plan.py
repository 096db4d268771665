"""A claim takes one slot whatever plan the planner makes of it, and the plan it makes is a short walk of an index."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labeling.models import Frontier, Image, Slot, Task
from labeling.queries import claim, frontiers
from labeling.services import leases
from labeling.services.tasks import Request, open_tasks
from tests.factories.labeling import ImageFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "forbidden",
    [
        ("hashjoin", "mergejoin"),
        ("hashjoin", "mergejoin", "indexscan", "bitmapscan", "indexonlyscan"),
        ("hashjoin", "mergejoin", "material"),
        ("nestloop",),
        ("hashjoin", "mergejoin", "indexscan", "bitmapscan", "indexonlyscan", "material", "memoize"),
    ],
)
def test_one_claim_takes_one_slot_whatever_the_plan(shop, forbidden):
    # Figures of an empty table are what a planner has that saw the queue drained.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_slot")
    for _ in range(5):
        open_task(shop.queue("review"))
    with connection.cursor() as cursor:
        for way in forbidden:
            cursor.execute(f"SET LOCAL enable_{way} = off")
    taken = leases.claim(user=shop.annotator, queue=shop.queue("review"), count=1)
    assert len(taken) == 1
    assert Slot.objects.filter(user=shop.annotator).count() == 1


TASKS = 1500


@pytest.fixture
def crowded(shop):
    """A two-answer queue of many tasks, on statistics that know it."""
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    images = Image.objects.bulk_create(ImageFactory.build_batch(TASKS, project=shop.project))
    open_tasks(queue=queue, requests=[Request(image=image, priority=n % 3) for n, image in enumerate(images)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_slot")
    return queue


def first_of_each_task(queue):
    """The ids of one slot of each task, in the order of the line."""
    slots = Slot.objects.filter(queue_id=queue.pk).order_by("-priority", "position").values_list("pk", "task")
    seen = set()
    return [pk for pk, task in slots if task not in seen and not seen.add(task)]


def nobody(queue, user):
    """As the queue was opened."""


def thousand_answers(queue, user):
    """The user answered the first thousand tasks, and time went by."""
    now = timezone.now()
    terms = {"user": user, "expires_at": now, "answered_at": now}
    Slot.objects.filter(pk__in=first_of_each_task(queue)[:1000]).update(**terms)
    for _ in range(2):
        frontiers.move(user=user, queue_id=queue.pk, site_id=0, young=timedelta(days=-1))


def thousand_expired(queue, user):
    """Somebody took the first thousand and let their leases run out."""
    other = member(queue.project, "annotator")
    ended = timezone.now() - timedelta(minutes=1)
    Slot.objects.filter(pk__in=first_of_each_task(queue)[:1000]).update(user=other, expires_at=ended)


def nodes(plan):
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def explained(statement, terms):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", terms)
        ((plan,),) = cursor.fetchall()
    plan = plan if isinstance(plan, list) else json.loads(plan)
    return list(nodes(plan[0]["Plan"]))


@pytest.mark.parametrize("before", [nobody, thousand_answers, thousand_expired])
def test_a_claim_walks_the_index_from_its_frontier_and_sorts_nothing(crowded, shop, before):
    before(crowded, shop.annotator)
    terms = {"queue": crowded.pk, "site": 0, "user": shop.annotator.pk, "guideline": None}
    plan = explained(claim.TAKE_NEXT, terms | {"secret": "s", "seconds": 300})
    slots = [
        node for node in plan if node.get("Relation Name") == "labeling_slot" and "Scan" in node["Node Type"]
    ]
    assert not [node["Node Type"] for node in plan if node["Node Type"] in ("Sort", "Incremental Sort")]
    assert not [node for node in slots if node["Node Type"] in ("Seq Scan", "Bitmap Heap Scan")]
    (walk,) = [node for node in slots if node.get("Index Name") == "slot_claim_order"]
    assert walk["Actual Rows"] * walk["Actual Loops"] + walk.get("Rows Removed by Filter", 0) <= 3


def test_without_a_frontier_a_claim_would_walk_past_all_that_one_answered(crowded, shop):
    thousand_answers(crowded, shop.annotator)
    Frontier.objects.all().delete()
    terms = {"queue": crowded.pk, "site": 0, "user": shop.annotator.pk, "guideline": None}
    plan = explained(claim.TAKE_NEXT, terms | {"secret": "s", "seconds": 300})
    (walk,) = [node for node in plan if node.get("Index Name") == "slot_claim_order"]
    assert walk["Rows Removed by Filter"] * walk["Actual Loops"] >= 1000


def test_a_task_claimed_by_name_is_found_by_its_own_index(crowded, shop):
    task = Task.objects.filter(queue=crowded).last()
    terms = {"task": task.pk, "user": shop.annotator.pk, "guideline": None, "secret": "s", "seconds": 300}
    plan = explained(claim.TAKE_TASK, terms)
    assert not [node for node in plan if node["Node Type"] == "Seq Scan"]
    assert not [node for node in plan if node.get("Index Name") == "slot_claim_order"]
