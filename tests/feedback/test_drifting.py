"""The demo's shifted camera: photographs of a shop predicted, watched, one alarm raised with its words, and settled."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count, islice
from uuid import UUID

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.photographs import CAMERAS, stream
from feedback.queries.drift import in_force, standing
from feedback.services import camera_watching, drift_explaining, drift_forgetting
from feedback.services.drifting import ALARM, look
from feedback.services.new_normal import accept
from inference.models import Capture, DriftCheck, Embedding, PictureStatistics
from inference.queries.models import champion
from inference.services.loaded import LoadedModels
from inference.services.predicting import predict
from labeling.models import Image
from people.enums import Role
from people.models import Alarm
from people.queries.ids import id_floor
from tests.factories.inference import CaptureFactory, PredictionFactory, capture_of, colour_project
from tests.factories.labeling import SourceFactory
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


def shop():
    """A project with the demo's cameras and a model that serves."""
    project = colour_project()
    for camera in CAMERAS:
        SourceFactory(project=project, key=camera.key, name=camera.name)
    return project


def send(project, decoders, photographs):
    """Have these captured and predicted, as the inference process does."""
    sources = {source.key: source for source in project.sources.all()}
    for taken in photographs:
        capture = capture_of(project, taken.jpeg)
        Capture.objects.filter(pk=capture.pk).update(source=sources[taken.camera])
    served = LoadedModels(threads=1).get(champion(project))
    while predict(project_id=project.pk, served=served, workers=decoders).predicted:
        pass


def alarms(project):
    found = list(Alarm.objects.filter(project=project).order_by("raised_at"))
    assert {alarm.kind for alarm in found} <= {ALARM}
    return found


@pytest.mark.slow
def test_the_afternoons_glare_raises_one_alarm_with_its_words_and_none_before():
    project = shop()
    with ThreadPoolExecutor(2) as decoders:
        send(project, decoders, islice(stream(seed=1), 66))
        look(project=project)
        assert in_force(project, champion(project)).captures == 60
        look(project=project)
        assert standing(in_force(project, champion(project))).state == "as usual"
        assert alarms(project) == []
        for seed in (2, 3):
            send(project, decoders, islice(stream(seed=seed, condition="afternoon_glare"), 24))
            look(project=project)
        (alarm,) = alarms(project)
        assert alarm.settled_at is None
        assert alarm.detail["kind"] == "covariate_shift"
        assert sorted(alarm.detail["sources"]) == sorted(camera.key for camera in CAMERAS)
        assert "look different: " in alarm.words
        assert "brighter" in alarm.words
        drift_explaining.carry_out(str(alarm.pk))
        alarm.refresh_from_db()
        told = alarm.detail["explanation"]
        assert (told["before"], told["p"] < 0.05) == (60, True)
        assert max(told["alone"], key=told["alone"].get) in ("brightness", "embedding")
        assert told["auroc_low"] > 0.7
        assert look(project=project) == []
        assert camera_watching.look(project=project) == 0
    lead = member(project, Role.QA_LEAD)
    accept(user=lead, project=project, reason="It is summer.")
    assert [one.settled_by for one in alarms(project)] == [lead]
    assert in_force(project, champion(project)).by == lead


def predictions(project, count, confidence, source=None, brightness=120):
    """So many, as they stand in the table, with numbers of their pictures that waver around the usual."""
    random = np.random.default_rng(count)
    for place in range(count):
        made = PredictionFactory(
            capture=CaptureFactory(project=project, source=source, state="predicted"),
            model=champion(project),
            confidence=float(np.clip(random.normal(confidence, 0.03), 0, 1)),
            value={"label": "red" if place % 3 else "blue"},
        )
        PictureStatistics.objects.create(
            prediction=made, numbers=list(random.normal((brightness, 40, 6, 0, 5), (10, 4, 0.3, 2, 2)))
        )
        Embedding.objects.create(prediction=made, vector=random.normal(size=3))


def content_of(response):
    """What a streaming answer comes to."""

    async def gathered():
        return b"".join([part async for part in response])

    return async_to_sync(gathered)().decode()


def fallen():
    """A project whose model's confidence fell after 60 captures, and was looked at."""
    project = colour_project()
    source = SourceFactory(project=project, key="till", name="Till 1")
    predictions(project, 61, 0.9, source)
    look(project=project)
    predictions(project, 40, 0.5, source)
    look(project=project)
    return project


def test_a_fall_of_confidence_shows_on_the_page_in_the_api_and_in_the_table(
    client, django_assert_max_num_queries
):
    project = fallen()
    (alarm,) = alarms(project)
    lead, page = member(project, Role.QA_LEAD), reverse("drift", args=[project.slug])
    client.force_login(lead)
    with django_assert_max_num_queries(40):
        shown = client.get(page).content.decode()
    assert escape(alarm.words) in shown
    assert "The model is less sure of pictures of Till 1" in shown
    assert "Before and after" in shown
    assert f"{reverse('new-round', args=[project.slug])}?" in shown

    api = client_of(lead, project)
    said = api.get(f"/api/v1/projects/{project.slug}/drift/").json()
    assert (said["state"], said["sentence"]) == ("changed", alarm.words)
    assert said["reference"]["captures"] == 60
    assert [check["captures"] for check in said["sources"]["till"]] == [41]
    table = api.get(f"/api/v1/projects/{project.slug}/drift/table/?source=till")
    rows = list(csv.DictReader(content_of(table).splitlines()))
    assert len(rows) == 101
    assert {row["source"] for row in rows} == {"till"}
    assert float(rows[0]["brightness"]) == pytest.approx(120, abs=50)

    assert (
        api.post(f"/api/v1/projects/{project.slug}/drift/", {"reason": ""}, format="json").status_code == 400
    )
    client.post(page, {"reason": "A new lamp."})
    assert [one.settled_by for one in alarms(project)] == [lead]
    made = in_force(project, champion(project))
    assert (made.by, made.reason, made.captures) == (lead, "A new lamp.", 0)
    assert "A new lamp." in client.get(page).content.decode()


def jobs_waiting(project):
    (alarm,) = alarms(project)
    waiting = ProcrastinateJob.objects.filter(task_name=drift_explaining.JOB, status="todo")
    assert {job.args["alarm_id"] for job in waiting} <= {str(alarm.pk)}
    return waiting.count()


def done(project):
    """What the worker that takes the job does, and the alarm after it."""
    (alarm,) = alarms(project)
    ProcrastinateJob.objects.filter(task_name=drift_explaining.JOB).delete()
    drift_explaining.carry_out(str(alarm.pk))
    alarm.refresh_from_db()
    return alarm


def test_a_worker_says_once_the_alarm_is_open_what_the_change_is_made_of(client):
    project = colour_project()
    source = SourceFactory(project=project, key="till", name="Till 1")
    predictions(project, 61, 0.9, source)
    look(project=project)
    predictions(project, 44, 0.9, source, brightness=180)
    look(project=project)
    client.force_login(member(project, Role.QA_LEAD))
    page = reverse("drift", args=[project.slug])
    assert jobs_waiting(project) == 1
    assert "as soon as there are enough" in client.get(page).content.decode()

    told = done(project).detail["explanation"]
    assert told["before"] == 60
    assert 30 <= told["after"] <= 44
    assert max(told["alone"], key=told["alone"].get) == "brightness"
    shown = client.get(page).content.decode()
    assert "can be told from 60 of the reference by how they look" in shown
    assert "All of that is in brightness (100% alone)." in shown
    for image in Image.objects.filter(captures__prediction__in=told["newest"]):
        assert reverse("image", args=[project.slug, image.pk]) in shown

    # It is worked out again only once as many came anew; until then the looks carry it along.
    predictions(project, 25, 0.9, source, brightness=180)
    look(project=project)
    assert jobs_waiting(project) == 0
    (alarm,) = alarms(project)
    assert alarm.detail["explanation"] == told
    predictions(project, 30, 0.9, source, brightness=180)
    look(project=project)
    assert jobs_waiting(project) == 1
    assert done(project).detail["explanation"]["after"] > 80


def test_a_fall_of_confidence_alone_is_said_to_be_no_change_of_the_pictures(client):
    project = fallen()
    done(project)
    client.force_login(member(project, Role.QA_LEAD))
    assert "cannot be told from 60" in client.get(reverse("drift", args=[project.slug])).content.decode()


def test_an_alarm_settles_by_itself_when_all_is_as_before():
    project = fallen()
    predictions(project, 300, 0.9, project.sources.get(key="till"))
    look(project=project)
    (alarm,) = alarms(project)
    assert alarm.settled_at is not None
    assert alarm.settled_by is None


def test_old_looks_are_dropped_but_how_things_stand_is_kept(settings, monkeypatch):
    project = fallen()
    newest = set(DriftCheck.objects.values_list("pk", flat=True))
    reference, now, numbers = in_force(project, champion(project)), timezone.now(), count()

    def look_of(days, source):
        at = now - timedelta(days=days)
        pk = UUID(int=id_floor(at).int + next(numbers))
        DriftCheck.objects.create(id=pk, reference=reference, source=source, captures=1, changed=True, at=at)
        return pk

    # Four go, three to the batch: what is past a batch goes too.
    monkeypatch.setattr(drift_forgetting, "BATCH", 3)
    settings.DRIFT_CHECK_DAYS = 10
    kept = newest | {look_of(days, source) for days, source in ((9, "till"), (11, ""), (360, ""))}
    gone = [look_of(days, source) for days, source in ((11, "till"), (380, ""), (380, "till"), (12, "till"))]
    assert drift_forgetting.forget_old() == len(gone)
    assert set(DriftCheck.objects.values_list("pk", flat=True)) == kept
    assert drift_forgetting.forget_old() == 0

    # Of a project that sends nothing any more the newest look stays: it is how things stand.
    DriftCheck.objects.all().delete()
    look_of(501, "till")
    kept = {look_of(500, "till"), look_of(500, "")}
    assert drift_forgetting.forget_old() == 1
    assert set(DriftCheck.objects.values_list("pk", flat=True)) == kept
    assert standing(reference).state == "changed"


def test_fewer_captures_than_a_reference_needs_say_nothing(client):
    project = colour_project()
    predictions(project, 59, 0.9, project.sources.first())
    assert look(project=project) == []
    client.force_login(member(project, Role.ENGINEER))
    assert "fewer have come" in client.get(reverse("drift", args=[project.slug])).content.decode()


def test_who_does_not_lead_sees_nothing_of_drift(client):
    project = colour_project()
    page = reverse("drift", args=[project.slug])
    for role, status in ((Role.ANNOTATOR, 403), (Role.ASSOCIATE, 403), (Role.ENGINEER, 200)):
        user = member(project, role)
        client.force_login(user)
        assert client.get(page).status_code == status
        assert (
            client_of(user, project, ["read"]).get(f"/api/v1/projects/{project.slug}/drift/").status_code
            == status
        )
