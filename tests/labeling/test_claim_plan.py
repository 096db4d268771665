"""A claim takes one slot whatever plan the planner makes of it."""

import pytest
from django.db import connection

from labeling.models import Slot
from labeling.services import leases
from tests.factories.labeling import open_task

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
