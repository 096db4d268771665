"""Rows written as one value are the rows that `bulk_create` writes."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from django.forms.models import model_to_dict

from inference.models import PictureStatistics, Prediction
from inference.queries.models import champion
from labeling.models import Slot, Task
from people.services.inserts import insert
from tests.factories.inference import capture_of, colour_project, coloured
from tests.factories.labeling import ImageFactory

pytestmark = pytest.mark.django_db


def task_of(shop, **given):
    return Task(
        project=shop.project, queue=shop.queue("review"), image=ImageFactory(project=shop.project), **given
    )


def stored(row):
    return {**model_to_dict(type(row).objects.get(pk=row.pk)), "pk": row.pk}


def test_text_numbers_times_and_json_come_back_as_they_went(shop):
    at = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
    awkward = {"label": "a'b\"c%s \\ é 水", "scores": {"x": 1e-310, "y": [0.1 + 0.2, None, True]}}
    one, other = task_of(shop, proposal=awkward, due_at=at, priority=3), task_of(shop, proposal=None)
    assert insert([one, other]) == [one, other]
    first, second = Task.objects.get(pk=one.pk), Task.objects.get(pk=other.pk)
    assert (first.proposal, first.due_at, first.priority) == (awkward, at, 3)
    assert (second.proposal, second.due_at) == (None, None)
    assert Task.objects.filter(proposal__isnull=True).get() == other
    assert first.created_at is not None
    one.priority = 4
    one.save()
    assert Task.objects.get(pk=one.pk).priority == 4


def test_it_writes_what_bulk_create_writes(shop):
    project = colour_project()
    captures = [capture_of(project, coloured("red", seed)) for seed in range(2)]
    made = [
        Prediction(
            project=project,
            capture=capture,
            model=champion(project),
            value={"label": "red"},
            scores={"red": 0.7, "green": 0.3},
            confidence=0.7,
            raw_confidence=1 / 3,
            latency_ms=1.5,
        )
        for capture in captures
    ]
    insert(made[:1])
    Prediction.objects.bulk_create(made[1:])
    ours, theirs = (stored(row) for row in made)
    apart = ("pk", "capture", "model", "id")
    assert {name: value for name, value in ours.items() if name not in apart} == {
        name: value for name, value in theirs.items() if name not in apart
    }
    insert([PictureStatistics(prediction=made[0], numbers=[0.1, 2.5, -3, 1e-9, 1 / 7])])
    assert PictureStatistics.objects.get().numbers == [0.1, 2.5, -3, 1e-9, 1 / 7]


def test_of_conflicts_that_are_ignored_only_what_was_written_comes_back(shop):
    there = task_of(shop)
    insert([there])
    again = Task(project=shop.project, queue=there.queue, image=there.image)
    new = task_of(shop)
    assert insert([again, new], ignore_conflicts=True) == [new]
    assert set(Task.objects.all()) == {there, new}
    with pytest.raises(IntegrityError):
        insert([again])


def test_keys_of_the_databases_making_are_left_to_it(shop):
    task = task_of(shop)
    insert([task])
    insert(Slot(task=task, queue_id=task.queue_id, site_id=0, priority=0, position=n) for n in range(3))
    assert len(set(Slot.objects.values_list("pk", flat=True))) == 3


def test_nothing_and_what_is_no_number(shop):
    assert insert([]) == []
    with pytest.raises(ValueError, match="JSON compliant"):
        insert([task_of(shop, proposal={"confidence": float("nan")})])
