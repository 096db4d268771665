"""Broken photographs, label files and answers: refused by name or taken whole, and never a fault of ours."""

import io
import json
import random
import uuid

import pytest
from django.db import transaction
from django.test import Client

from benchmarks.mutations import as_json, broken, label_files, photographs, twisted
from inference.models import Capture
from labeling.enums import AnswerState
from labeling.models import Answer, Image
from labeling.services.images import read
from tests.factories.labeling import open_task

pytestmark = pytest.mark.django_db
SEED = 20261127


@pytest.fixture
def client(shop):
    return Client(headers={"Authorization": shop.client(shop.engineer)._credentials["HTTP_AUTHORIZATION"]})


def file(name, data):
    made = io.BytesIO(data)
    made.name = name
    return made


def refused_or_taken(response):
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert json.loads(response.content)["detail"]
    return response.status_code < 400


def test_the_same_seed_breaks_the_same_way():
    one, other = (broken(photographs()[0], random.Random(7)) for _ in range(2))
    assert one == other != photographs()[0]
    payload = {"value": {"label": "a"}, "seconds": 1}
    assert repr(twisted(payload, random.Random(7))) == repr(twisted(payload, random.Random(7)))
    assert payload == {"value": {"label": "a"}, "seconds": 1}


def test_what_is_taken_of_broken_photographs_is_kept_whole(shop, client):
    chance, taken = random.Random(SEED), 0
    for number in range(160):
        data = broken(chance.choice(photographs()), chance)
        with transaction.atomic():
            if number % 2:
                sent = {"image": file("a.jpg", data), "project": shop.project.slug, "source": shop.camera.key}
                response = client.post("/api/v1/captures/", sent)
            else:
                path = f"/api/v1/projects/{shop.project.slug}/images/"
                row = {"file": "a.jpg", "context": {"lux": 3}, "captured_at": "2026-11-27T12:00:00Z"}
                rows = as_json(twisted(row, chance) if chance.random() < 0.5 else row)
                response = client.post(path, {"rows": rows.decode(), "image": file("a.jpg", data)})
            taken += refused_or_taken(response)
    assert taken
    for image in Image.objects.filter(project=shop.project):
        assert read(image)
    assert Capture.objects.filter(image=None).count() == 0


def test_broken_label_files_are_refused_or_reported_row_by_row(shop, client):
    chance = random.Random(SEED)
    for number in range(80):
        name, data = label_files()[number % 5]
        with transaction.atomic():
            response = client.post(
                f"/api/v1/projects/{shop.project.slug}/labels-import/",
                {"file": file(name, broken(data, chance)), "kind": chance.choice(["labels", "predictions"])},
            )
            refused_or_taken(response)
            transaction.set_rollback(True)


def test_broken_answers_are_refused_or_recorded_once(shop, client):
    chance, queue = random.Random(SEED), shop.queue("review")
    good = {
        "lease": None,
        "verdict": "label",
        "value": {"label": "in_stock"},
        "seconds": 1.5,
        "idle_seconds": 0,
        "client_id": "",
        "shown": {"blind": True, "order": ["in_stock"], "screen": [390, 800]},
    }
    recorded = 0
    for _ in range(120):
        task = open_task(queue)
        good["client_id"] = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        body = as_json(twisted(good, chance))
        if chance.random() < 0.1:
            body = broken(body, chance)
        path = f"/api/v1/tasks/{task.pk}/answers/"
        with transaction.atomic():
            response = client.post(path, body, content_type="application/json")
            was_taken = refused_or_taken(response)
            if was_taken:
                again = client.post(path, body, content_type="application/json")
                assert again.status_code == 200, again.content
        # What comes with a lease that is none is refused, and kept as late.
        assert Answer.objects.filter(task=task).exclude(state=AnswerState.LATE.value).count() == was_taken
        recorded += was_taken
    assert recorded
