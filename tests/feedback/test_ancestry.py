"""Ancestry both ways: from a model to whoever said what it rests on, from a word to every model it came into."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import DatasetMember, DatasetVersion, Example
from feedback.queries import ancestry, descent
from feedback.services import datasets
from inference.models import ModelVersion
from inference.services.ensembles import join
from labeling.enums import Verdict
from labeling.services.answers import Said, record_answer
from labeling.services.guidelines import acknowledge
from tests.factories.feedback import labelled
from tests.factories.inference import CaptureFactory, ModelVersionFactory
from tests.factories.labeling import GuidelineFactory, ImageFactory, SourceFactory, open_task
from tests.factories.people import client_of
from tests.feedback.pages import a_run, in_words, url

pytestmark = pytest.mark.django_db


def freeze(project, user):
    return datasets.freeze(datasets.request_dataset(user=user, project=project).pk)


def answer(shop, user, image, label, capture=None):
    task = open_task(shop.queue("review"), image=image, capture_id=capture and capture.pk)
    said = Said(client_id=uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)
    return record_answer(user=user, task=task, lease=None, said=said)[0]


@pytest.fixture
def line(shop):
    """Two datasets, the second with an answer to a capture; a model of the first, its child of the second, another."""
    shop.images = [labelled(shop.project, "in_stock", seed) for seed in range(4)]
    answer(shop, shop.annotator, shop.images[0], "low_stock")
    shop.first = freeze(shop.project, shop.engineer)
    guideline = GuidelineFactory(project=shop.project, number=1)
    for user in (shop.annotator, shop.qa_lead):
        acknowledge(user=user, guideline=guideline)
    capture = CaptureFactory(project=shop.project, image=shop.images[1], source=shop.camera)
    answer(shop, shop.qa_lead, shop.images[1], "low_stock", capture)
    shop.capture = capture
    shop.second = freeze(shop.project, shop.engineer)
    shop.parent = ModelVersionFactory(project=shop.project, dataset_id=shop.first.pk)
    shop.child = ModelVersionFactory(project=shop.project, dataset_id=shop.second.pk, parent=shop.parent)
    shop.unrelated = ModelVersionFactory(project=shop.project)
    return shop


def test_from_a_model_to_its_datasets_answers_people_guidelines_and_captures(line):
    models = ancestry.line_of(line.child)
    assert {model.pk for model in models} == {line.child.pk, line.parent.pk}
    behind = ancestry.datasets_behind(models)
    assert behind == [line.second, line.first]
    found = ancestry.counted(behind)
    # Four images; the second is in both datasets, as what it was and as what it was found to be.
    assert (found.examples, found.images, found.answers, found.captures) == (5, 4, 2, 1)
    assert sorted(found.people) == sorted(
        [(line.annotator.pk, line.annotator.username, 1), (line.qa_lead.pk, line.qa_lead.username, 1)]
    )
    assert found.guidelines == [(1, 1), (None, 1)]
    assert set(ancestry.examples_behind(behind)) == set(Example.objects.filter(memberships__isnull=False))
    assert {said.user for said in ancestry.answers_behind(behind)} == {line.annotator, line.qa_lead}
    only_first = ancestry.counted(ancestry.datasets_behind(ancestry.line_of(line.parent)))
    assert (only_first.examples, only_first.people) == (4, [(line.annotator.pk, line.annotator.username, 1)])


def test_from_an_image_or_a_person_to_every_dataset_and_model(line):
    said = descent.examples_of_person(line.project, line.qa_lead)
    held = descent.datasets_with(said)
    assert [(row.dataset, row.examples) for row in held] == [(line.second, 1)]
    touched = descent.models_of(line.project, [row.dataset for row in held])
    assert [(row.model, row.steps) for row in touched] == [(line.child, 0)]
    held = descent.datasets_with(descent.examples_of_image(line.images[1]))
    assert [row.dataset for row in held] == [line.second, line.first]
    earlier = descent.datasets_with(descent.examples_of_person(line.project, line.annotator))
    grandchild = ModelVersionFactory(project=line.project, parent=line.child)
    touched = descent.models_of(line.project, [row.dataset for row in earlier if row.dataset == line.first])
    assert {row.model.pk: row.steps for row in touched} == {
        line.parent.pk: 0,
        line.child.pk: 1,
        grandchild.pk: 2,
    }
    assert descent.datasets_with(descent.examples_of_image(ImageFactory(project=line.project))) == []


def test_joined_models_and_runs_are_followed_both_ways(line):
    run = a_run(line, model=line.unrelated, asked_by=line.engineer)
    DatasetMember.objects.create(
        dataset_id=run.dataset_id, example=line.images[2].examples.get(), split="train"
    )
    alike = {"labels": ["in_stock"], "preprocessing": {}}
    for number, model in enumerate((line.parent, line.unrelated)):
        ModelVersion.objects.filter(pk=model.pk).update(**alike, sha256=f"{number:064x}")
    joined = join(
        project=line.project,
        models=[ModelVersion.objects.get(pk=model.pk) for model in (line.parent, line.unrelated)],
    )
    assert {model.pk for model in ancestry.line_of(joined)} == {joined.pk, line.parent.pk, line.unrelated.pk}
    touched = descent.models_of(line.project, [DatasetVersion.objects.get(pk=run.dataset_id)])
    assert {row.model.pk: row.steps for row in touched} == {line.unrelated.pk: 0, joined.pk: 1}
    assert descent.started_by(line.project, line.engineer) == ([line.second, line.first], [line.unrelated])


def test_over_the_api_counts_and_pages(line):
    client = client_of(line.qa_lead, line.project)
    told = client.get(reverse("api-ancestry", args=[line.child.pk])).json()
    assert (told["examples"], told["answers"], told["captures"], told["people_count"]) == (5, 2, 1, 2)
    assert [dataset["number"] for dataset in told["datasets"]] == [2, 1]
    address = reverse("api-ancestry-examples", args=[line.child.pk]) + "?page_size=2"
    rows = []
    while address:
        page = client.get(address).json()
        rows += page["results"]
        address = page["next"]
    assert len({row["id"] for row in rows}) == len(rows) == 5
    (captured,) = [row for row in rows if "capture" in row["ancestry"]]
    assert captured["ancestry"]["capture"] == str(line.capture.pk)
    assert [member["dataset"] for member in captured["datasets"]] == [str(line.second.pk)]
    answers = client.get(reverse("api-ancestry-answers", args=[line.child.pk])).json()["results"]
    assert {(row["annotator"], row["guideline"]) for row in answers} == {
        (line.annotator.username, None),
        (line.qa_lead.username, 1),
    }
    of_person = client.get(
        reverse("api-person-descent", args=[line.project.slug, line.engineer.username])
    ).json()
    assert [dataset["number"] for dataset in of_person["froze"]] == [2, 1]
    of_image = client.get(reverse("api-image-descent", args=[line.images[1].pk])).json()
    assert {(row["number"], row["steps"]) for row in of_image["models"]} == {
        (line.parent.number, 0),
        (line.child.number, 0),
    }


def test_the_pages_lead_from_a_model_to_a_person_and_back(line, client):
    client.force_login(line.engineer)
    page = url(line, "ancestry", line.child.pk)
    assert page in client.get(url(line, "model", line.child.pk)).content.decode()
    shown = client.get(page).content.decode()
    person = url(line, "person-descent", line.annotator.pk)
    assert person in shown
    assert url(line, "image", line.images[0].pk) in shown
    assert url(line, "ancestry", line.child.pk) in client.get(person).content.decode()
    assert (
        url(line, "image-descent", line.images[0].pk)
        in client.get(url(line, "image", line.images[0].pk)).content.decode()
    )
    assert (
        "datasets that hold it" in in_words(client.get(url(line, "image-descent", line.images[0].pk))).lower()
    )
    assert "Nothing is known of its training" in in_words(
        client.get(url(line, "ancestry", line.unrelated.pk))
    )


def test_only_leads_of_the_project_follow_it(line, client):
    api = [
        reverse("api-ancestry", args=[line.child.pk]),
        reverse("api-ancestry-examples", args=[line.child.pk]),
        reverse("api-ancestry-answers", args=[line.child.pk]),
        reverse("api-image-descent", args=[line.images[0].pk]),
    ]
    of_person = reverse("api-person-descent", args=[line.project.slug, line.annotator.username])
    pages = [
        url(line, "ancestry", line.child.pk),
        url(line, "person-descent", line.annotator.pk),
        url(line, "image-descent", line.images[0].pk),
    ]
    for user, on_pages, of_rows, of_project in (
        (line.engineer, 200, 200, 200),
        (line.qa_lead, 200, 200, 200),
        (line.annotator, 403, 404, 403),
        (line.stranger, 404, 404, 404),
    ):
        client.force_login(user)
        assert {client.get(page).status_code for page in pages} == {on_pages}
        assert {client.get(address).status_code for address in api} == {of_rows}
        assert client.get(of_person).status_code == of_project
    lead = client_of(line.qa_lead, line.project)
    assert (
        lead.get(reverse("api-person-descent", args=[line.project.slug, line.stranger.username])).status_code
        == 404
    )
    unread = client_of(line.qa_lead, line.project, ["answer"])
    assert {unread.get(address).status_code for address in [*api, of_person]} == {403}


def test_more_examples_ask_no_more_of_the_database(line, client, django_assert_num_queries):
    client.force_login(line.engineer)
    client.get(url(line, "ancestry", line.child.pk))
    page = url(line, "ancestry", line.child.pk)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    camera = SourceFactory(project=line.project)
    for seed in range(50, 60):
        image = labelled(line.project, "in_stock", seed, source=camera)
        answer(line, line.annotator, image, "low_stock")
        DatasetMember.objects.create(
            dataset=line.second, example=image.examples.get(replaced_at=None), split="train"
        )
    with django_assert_num_queries(len(few)):
        client.get(page)
