"""What devices at the edge say of themselves: taken in within bounds, and an alarm for each that is unwell."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.domain.edge_health import Said, unwell
from feedback.models import CameraWatch, EdgeDevice
from feedback.services import edge_alarms, edge_reports, policies
from inference.edge.health import temperature
from inference.models import ModelVersion
from people.enums import Role
from people.models import Alarm
from tests.factories.inference import colour_project
from tests.factories.people import client_of, member
from tests.inference.fake_centre import FakeCentre
from tests.inference.test_edge_sending import Device

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WELL = {
    "device": "till",
    "temperature": 51.5,
    "disk_free": 6_000_000_000,
    "disk_total": 32_000_000_000,
    "model_sha256": "a" * 64,
    "spool_captures": 3,
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, None),
        ({"temperature": None, "disk_free": None, "disk_total": None, "model_sha256": ""}, None),
        ({"temperature": 91.0}, "is 91 °C hot."),
        ({"disk_free": 40, "disk_total": 1000}, "has 4% of its disk left."),
        ({"waiting": 1200}, "has 1,200 captures waiting to be sent."),
        ({"model_sha256": "b" * 64}, "decides by another model than the one that serves."),
        ({"temperature": 90.0, "waiting": 2000}, "is 90 °C hot, has 2,000 captures waiting to be sent."),
        ({"at": NOW - timedelta(minutes=30)}, "has said nothing since 2026-06-01 11:30 UTC."),
    ],
)
def test_a_device_is_unwell_by_what_it_says(changed, words):
    well = {"at": NOW, "temperature": 51.0, "disk_free": 500, "disk_total": 1000, "waiting": 0}
    said = Said(**{**well, "model_sha256": "a" * 64, **changed})
    assert unwell(said, NOW, serving="a" * 64, serving_since=NOW - timedelta(hours=1)) == words


def test_a_device_has_time_to_fetch_a_new_model():
    said = Said(NOW, None, None, None, 0, "b" * 64)
    assert unwell(said, NOW, serving="a" * 64, serving_since=NOW - timedelta(minutes=29)) is None


def test_the_hottest_sensor_that_can_be_is_read(tmp_path):
    assert temperature(tmp_path) is None
    for number, said in enumerate(("48250", "61000", "-274000", "none")):
        (tmp_path / f"thermal_zone{number}").mkdir()
        (tmp_path / f"thermal_zone{number}" / "temp").write_text(said)
    assert temperature(tmp_path) == 61.0


def test_a_device_says_how_it_fares_and_goes_on_where_nobody_listens(tmp_path):
    centre, heard = FakeCentre(), []
    device = Device(centre, tmp_path)
    device.outbox._folder = tmp_path
    known = centre._answer

    def answer(request):
        if request.url.path.endswith("/edge/health/"):
            heard.append(httpx.Response(200, content=request.content).json())
            return httpx.Response(404 if len(heard) == 1 else 201, json={})
        return known(request)

    centre._answer = answer
    for _ in range(2):
        assert device.round(report_now=True) < 1
    assert heard[0]["device"] == "till"
    assert heard[0]["model_sha256"] == centre.sha256
    assert 0 < heard[0]["disk_free"] <= heard[0]["disk_total"]
    assert len(heard) == 2


@pytest.mark.django_db
def test_one_alarm_a_device_until_it_is_well_again():
    project = colour_project()
    client = client_of(member(project, Role.ENGINEER), project)
    path = reverse("api-edge-health", args=[project.slug])
    served = ModelVersion.objects.get(project=project)
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(hours=2))
    sha256 = served.files[0]["sha256"] if getattr(served, "files", None) else ""

    def say(**changed):
        return client.post(path, {**WELL, "model_sha256": sha256, **changed}, format="json")

    assert say(temperature=95).status_code == 201
    for _ in range(2):
        assert edge_alarms.look(project=project, now=timezone.now()) == 1
    (alarm,) = Alarm.objects.filter(settled_at=None)
    assert (alarm.kind, alarm.subject, alarm.words) == ("edge_device", "till", "till is 95 °C hot.")
    say()
    assert edge_alarms.look(project=project, now=timezone.now()) == 0
    assert not Alarm.objects.filter(settled_at=None).exists()
    (device,) = client.get(path).json()["results"]
    assert (device["temperature"], device["spool_captures"]) == (51.5, 3)
    assert EdgeDevice.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", ""),
        ("temperature", 1e9),
        ("disk_free", -1),
        ("model_sha256", "A" * 64),
        ("spool_captures", 10**12),
        ("model", "the best"),
    ],
)
def test_what_no_device_can_say_is_refused_by_name(field, value):
    project = colour_project(champion=False)
    client = client_of(member(project, Role.ENGINEER), project)
    answer = client.post(
        reverse("api-edge-health", args=[project.slug]), {**WELL, field: value}, format="json"
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not EdgeDevice.objects.exists()


@pytest.mark.django_db
def test_what_a_device_kept_says_that_its_camera_was_seen():
    project = colour_project()
    (source,) = project.sources.all()
    CameraWatch.objects.create(source=source)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    count = {"source": source.key, "hour": hour, "label": "red", "bucket": 3, "captures": 2}
    count |= {"model": ModelVersion.objects.get().pk, "policy": policies.in_force(project=project).pk}
    edge_reports.take_in(
        project=project, report="01890000-0000-7000-8000-000000000000", device="till", counts=[count]
    )
    assert CameraWatch.objects.get().last_seen_at == hour + timedelta(hours=1)
