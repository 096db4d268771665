"""Answers and resolutions are listed newest first and narrowed by what an agreement report is narrowed by."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.enums import Verdict
from labeling.models import Answer, Resolution
from labeling.services.answers import Said, record_answer, supersede
from labeling.services.guidelines import acknowledge
from tests.factories.labeling import GuidelineFactory, ImageFactory, ResolutionFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db


def said(label, verdict=Verdict.LABEL):
    value = None if label is None else {"label": label}
    return Said(client_id=uuid.uuid4(), verdict=verdict, value=value, seconds=2)


@pytest.fixture
def heard(shop):
    """Two answers: `one` by the annotator in review under guideline 1, `two` by the associate in alerts under 2."""
    contexts = {
        shop.camera: {"lighting": "glare", "shelf": 3},
        shop.other_camera: {"lighting": "dusk", "shelf": "4"},
    }
    images = [
        ImageFactory(project=shop.project, source=source, context=context)
        for source, context in contexts.items()
    ]
    tasks = [
        open_task(shop.queue("review"), images[0]),
        open_task(shop.queue("alerts"), images[1], site_id=shop.north.pk),
    ]
    people = [shop.annotator, shop.associate]
    shop.images, shop.answers = images, {}
    for number, (user, task, label) in enumerate(
        zip(people, tasks, ["in_stock", "blocked"], strict=True), start=1
    ):
        guideline = GuidelineFactory(project=shop.project, number=number)
        acknowledge(user=user, guideline=guideline)
        answer, _ = record_answer(user=user, task=task, lease=None, said=said(label))
        shop.answers[number] = answer
    shop.guideline = guideline
    return shop


def listed(shop, what, **parameters):
    response = shop.client(shop.qa_lead).get(f"/api/v1/projects/{shop.project.slug}/{what}/", parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]


CASES = [
    ({}, [2, 1]),
    ({"queue": "review"}, [1]),
    ({"queue": "alerts"}, [2]),
    ({"queue": "nothing"}, []),
    ({"label": "blocked"}, [2]),
    ({"guideline": "1"}, [1]),
    ({"context.lighting": "glare"}, [1]),
    ({"context.shelf": "3"}, [1]),
    ({"context.shelf": "4"}, [2]),
    ({"context.lighting": "glare", "label": "blocked"}, []),
    ({"since": "2020-01-01"}, [2, 1]),
    ({"since": "2120-01-01T00:00:00+02:00"}, []),
    ({"until": "2020-01-01T00:00:00Z"}, []),
]


@pytest.mark.parametrize(("parameters", "kept"), CASES)
def test_filters_keep_what_they_say(heard, parameters, kept):
    assert [row["id"] for row in listed(heard, "answers", **parameters)] == [
        str(heard.answers[n].pk) for n in kept
    ]
    resolutions = [row["answers"] for row in listed(heard, "resolutions", **parameters)]
    assert resolutions == [[str(heard.answers[n].pk)] for n in kept]


def test_filters_know_ids_names_and_keys(heard):
    for parameters, kept in [
        ({"annotator": heard.annotator.username}, 1),
        ({"source": heard.other_camera.key}, 2),
        ({"guideline": str(heard.guideline.pk)}, 2),
        ({"queue": str(heard.queue("review").pk)}, 1),
    ]:
        for what in ("answers", "resolutions"):
            (row,) = listed(heard, what, **parameters)
            assert str(heard.answers[kept].pk) in (row["id"], *row.get("answers", []))


def test_an_answer_is_shown_with_all_that_belongs_to_it(heard):
    (row,) = listed(heard, "answers", queue="review")
    answer = heard.answers[1]
    assert row == {
        "id": str(answer.pk),
        "task": str(answer.task_id),
        "image": str(heard.images[0].pk),
        "queue": "review",
        "annotator": heard.annotator.username,
        "verdict": "label",
        "value": {"label": "in_stock"},
        "words": "",
        "state": "counted",
        "guideline": 1,
        "shown": {"blind": False, "proposal": None, "verification": None},
        "seconds": 2.0,
        "idle_seconds": 0.0,
        "supersedes": None,
        "superseded_by": None,
        "created_at": row["created_at"],
    }


def test_a_replaced_resolution_and_an_imported_one(heard):
    first = heard.answers[1]
    later, _ = supersede(user=heard.annotator, task=first.task, said=said("low_stock"), earlier=first.pk)
    ResolutionFactory(image__project=heard.project)
    rows = listed(heard, "resolutions")
    assert [(row["by"], row["answers"]) for row in rows] == [
        ("imported", []),
        ("one_answer", [str(later.pk)]),
        ("one_answer", [str(heard.answers[2].pk)]),
    ]
    assert Resolution.objects.count() == 4
    assert [row["superseded_by"] for row in listed(heard, "answers", queue="review")] == [None, str(later.pk)]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"guideline": "first"}, "guideline"),
        ({"labels": "blocked"}, "labels"),
        ({"context.": "x"}, "context."),
        ({"queue": "a\0"}, "queue"),
        ({"context.a\0": "x"}, "context.a"),
    ],
)
def test_a_filter_that_is_none_is_named_not_ignored(shop, parameters, field):
    for what in ("answers", "resolutions"):
        response = shop.client(shop.qa_lead).get(f"/api/v1/projects/{shop.project.slug}/{what}/", parameters)
        assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_time_bounds_are_from_and_before(heard):
    first = heard.answers[1]
    first.refresh_from_db()
    at = first.created_at.astimezone(UTC)
    assert str(first.pk) in [row["id"] for row in listed(heard, "answers", since=at.isoformat())]
    assert str(first.pk) not in [row["id"] for row in listed(heard, "answers", until=at.isoformat())]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert len(listed(heard, "answers", until=tomorrow)) == 2


@pytest.mark.parametrize("what", ["answers", "resolutions"])
def test_a_list_takes_as_many_queries_however_long(heard, django_assert_num_queries, what):
    client, path = heard.client(heard.qa_lead), f"/api/v1/projects/{heard.project.slug}/{what}/"
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    user = member(heard.project, "annotator")
    acknowledge(user=user, guideline=heard.guideline)
    for _ in range(5):
        record_answer(user=user, task=open_task(heard.queue("review")), lease=None, said=said("blocked"))
    with django_assert_num_queries(len(few)):
        assert len(client.get(path).json()["results"]) == 7


def test_pages_follow_one_another_without_gap_or_overlap(heard):
    user = member(heard.project, "annotator")
    acknowledge(user=user, guideline=heard.guideline)
    for _ in range(5):
        record_answer(
            user=user, task=open_task(heard.queue("review")), lease=None, said=said(None, Verdict.CANT_TELL)
        )
    client = heard.client(heard.qa_lead)
    url, seen = f"/api/v1/projects/{heard.project.slug}/answers/?page_size=2", []
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == [str(pk) for pk in Answer.objects.order_by("-id").values_list("pk", flat=True)]
