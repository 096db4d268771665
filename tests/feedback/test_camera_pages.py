"""The pages and the API of how cameras fare: who sees which, and who may say what of them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.models import CameraHour, CameraWatch, EdgeDevice, StoreHours
from inference.models import Capture
from people.enums import Role
from people.models import AuditEvent
from tests.factories.labeling import ImageFactory, SourceFactory, project_with
from tests.factories.people import SiteFactory, client_of, member

pytestmark = pytest.mark.django_db
COVERED = {"fault": "covered", "words": "is covered: 12% of it.", "value": 0.12, "usual": 1.0}
ACTIONS = [
    ("camera-reference", {}),
    ("camera-maintenance", {"hours": "8", "reason": "A new shelf"}),
    ("camera-expected", {"per_minute": "2,5"}),
    ("store-hours", {"start": "21:30", "end": "06:00", "days": ["6"]}),
]


class Place:
    def __init__(self):
        self.project = project_with()
        self.north, self.south = SiteFactory(key="north"), SiteFactory(key="south")
        self.dairy = SourceFactory(project=self.project, key="dairy", name="Dairy", site=self.north)
        self.snacks = SourceFactory(project=self.project, key="snacks", name="Snacks", site=self.south)
        self.image, self.reference = (ImageFactory(project=self.project) for _ in range(2))
        now = timezone.now()
        CameraWatch.objects.create(
            source=self.dairy,
            state="down",
            is_blind=True,
            faults=[{**COVERED, "since": now.isoformat()}],
            image=self.image,
            reference=self.reference,
            last_seen_at=now,
        )
        for hours in (1, 2):
            CameraHour.objects.create(
                source=self.dairy,
                hour=now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours),
                captures=40,
                looks=2,
                brightness=90,
            )
        Capture.objects.create(
            project=self.project, source=self.dairy, image=self.image, captured_at=now, received_at=now
        )
        self.qa_lead, self.engineer = (member(self.project, role) for role in (Role.QA_LEAD, Role.ENGINEER))
        self.annotator = member(self.project, Role.ANNOTATOR)
        self.associate = member(self.project, Role.ASSOCIATE, self.south)
        self.stranger = member(project_with(), Role.ENGINEER)

    def path(self, name, *more):
        return reverse(name, args=[self.project.slug, *more])


@pytest.fixture
def place():
    return Place()


def text(response):
    return response.content.decode()


def test_those_who_lead_see_every_camera_worst_first_and_an_associate_their_stores(place, client):
    for who in (place.qa_lead, place.engineer):
        client.force_login(who)
        rows = client.get(place.path("camera-health")).context["rows"]
        assert [(row.faring.source.key, row.words) for row in rows] == [
            ("dairy", ["covered"]),
            ("snacks", []),
        ]
    client.force_login(place.associate)
    page = client.get(place.path("camera-health"))
    assert [row.faring.source.key for row in page.context["rows"]] == ["snacks"]
    assert "Dairy" not in text(page)
    assert "Quiet hours" not in text(page)
    assert client.get(place.path("camera", "snacks")).status_code == 200
    assert client.get(place.path("camera", "dairy")).status_code == 404
    for who, status in ((place.annotator, 403), (place.stranger, 404)):
        client.force_login(who)
        assert client.get(place.path("camera-health")).status_code == status
        assert client.get(place.path("camera", "dairy")).status_code == status


def test_a_camera_whose_pictures_nobody_looked_at_yet_is_not_said_to_be_well(place, client):
    watch = CameraWatch.objects.create(source=place.snacks, last_seen_at=timezone.now())
    api = client_of(place.engineer, place.project)
    client.force_login(place.qa_lead)
    for looked_at, state, words in ((None, None, "not looked at yet"), (timezone.now(), "ok", ">ok<")):
        watch.looked_at = looked_at
        watch.save()
        assert api.get(place.path("api-cameras")).json()["cameras"][1]["state"] == state
        for page in (place.path("camera-health"), place.path("camera", "snacks")):
            assert (words in text(client.get(page))) is True
            assert ("not looked at yet" in text(client.get(page))) is (state is None)


def test_a_camera_shows_how_it_should_look_beside_how_it_looks(place, client):
    client.force_login(place.qa_lead)
    page = client.get(place.path("camera", "dairy"))
    assert "It is covered: 12% of it." in text(page)
    assert page.context["reference"]["image"] == place.reference
    assert page.context["now"]["image"] == place.image
    assert "80 captures, by the hour." in text(page)
    place.reference.erased_at = timezone.now()
    place.reference.save()
    assert client.get(place.path("camera", "dairy")).context["reference"] is None


@pytest.mark.parametrize(("name", "sent"), ACTIONS)
def test_only_those_who_lead_say_something_of_a_camera(place, client, name, sent):
    for who, status in (
        (place.associate, (403, 404)),
        (place.annotator, (403,)),
        (place.stranger, (404,)),
        (place.qa_lead, (302,)),
        (place.engineer, (302,)),
    ):
        client.force_login(who)
        path = place.path(name, "north" if name == "store-hours" else "dairy")
        assert client.post(path, sent).status_code in status
        assert client.get(path).status_code == 405
        assert (
            AuditEvent.objects.count()
            == [0, 0, 0, 1, 2][
                [place.associate, place.annotator, place.stranger, place.qa_lead, place.engineer].index(who)
            ]
        )


def test_what_is_said_on_the_pages_is_kept(place, client):
    client.force_login(place.engineer)
    for name, sent in ACTIONS:
        client.post(place.path(name, "north" if name == "store-hours" else "dairy"), sent)
    watch, hours = CameraWatch.objects.get(source=place.dairy), StoreHours.objects.get()
    assert (watch.reference, watch.reference_by, watch.state) == (place.image, place.engineer, "ok")
    assert watch.maintenance_until > timezone.now() + timedelta(hours=7)
    assert watch.expected_per_minute == 2.5
    assert (f"{hours.start:%H:%M}", f"{hours.end:%H:%M}", hours.days) == ("21:30", "06:00", [6])
    client.post(place.path("camera-maintenance", "dairy"), {"end": "1"})
    client.post(place.path("camera-expected", "dairy"), {"per_minute": ""})
    watch.refresh_from_db()
    assert watch.maintenance_until <= timezone.now()
    assert watch.expected_per_minute is None


@pytest.mark.parametrize(
    ("name", "sent", "words"),
    [
        ("camera-maintenance", {"hours": "9999"}, "within the next 14 days"),
        ("camera-expected", {"per_minute": "many"}, "must be a number"),
        ("camera-expected", {"per_minute": "nan"}, "more than 0"),
        ("store-hours", {"start": "21:30"}, "give both times"),
        ("store-hours", {"start": "late", "end": "06:00"}, "is not a time"),
        ("store-hours", {"days": ["7"]}, "from 0, Monday"),
    ],
)
def test_what_cannot_be_is_refused_in_words(place, client, name, sent, words):
    client.force_login(place.engineer)
    path = place.path(name, "north" if name == "store-hours" else "dairy")
    assert words in text(client.post(path, sent, follow=True))
    assert not AuditEvent.objects.exists()


def test_a_device_that_was_taken_away_is_forgotten_by_who_leads(place, client):
    device = EdgeDevice.objects.create(project=place.project, device="till")
    client.force_login(place.associate)
    assert client.post(place.path("forget-device", device.pk)).status_code == 403
    client.force_login(place.qa_lead)
    assert "till" in text(client.get(place.path("camera-health")))
    assert client.post(place.path("forget-device", device.pk)).status_code == 302
    assert not EdgeDevice.objects.exists()


def test_the_pages_queries_do_not_grow_with_cameras(place, client, django_assert_max_num_queries):
    client.force_login(place.engineer)
    client.get(place.path("camera-health"))
    for _ in range(8):
        SourceFactory(project=place.project, site=place.north)
    with django_assert_max_num_queries(16):
        client.get(place.path("camera-health"))


API = [
    ("api-cameras", "get", None, "read", (), "200 200 403 200 404"),
    ("api-camera", "get", None, "read", ("dairy",), "200 200 403 404 404"),
    ("api-camera-reference", "post", {}, "admin", ("dairy",), "200 200 403 404 404"),
    (
        "api-camera-maintenance",
        "post",
        {"until": None, "reason": ""},
        "admin",
        ("dairy",),
        "200 200 403 404 404",
    ),
    ("api-camera-expected", "post", {"per_minute": 3}, "admin", ("dairy",), "200 200 403 404 404"),
    ("api-store-hours", "get", None, "read", ("north",), "200 200 403 404 404"),
    ("api-store-hours", "put", {"days": [6]}, "admin", ("north",), "200 200 403 403 404"),
    ("api-edge-health", "get", None, "read", (), "200 200 403 403 404"),
    ("api-edge-health", "post", {"device": "till"}, "edge", (), "403 201 403 403 404"),
]


@pytest.mark.parametrize(("name", "method", "sent", "scope", "more", "statuses"), API)
def test_the_api_gives_everybody_what_is_theirs(place, name, method, sent, scope, more, statuses):
    people = (place.qa_lead, place.engineer, place.annotator, place.associate, place.stranger)
    got = []
    for who in people:
        ask = getattr(client_of(who, place.project, {scope}), method)
        got.append(ask(place.path(name, *more), sent, format="json").status_code)
    assert got == [int(status) for status in statuses.split()]
    for wrong in {"read", "admin", "edge", "ingest"} - {scope}:
        ask = getattr(client_of(place.engineer, place.project, {wrong}), method)
        assert ask(place.path(name, *more), sent, format="json").status_code == 403


def test_an_associate_says_nothing_of_the_cameras_of_their_own_store(place):
    client = client_of(place.associate, place.project, {"admin", "read"})
    assert client.get(place.path("api-camera", "snacks")).status_code == 200
    for name, sent in (
        ("api-camera-reference", {}),
        ("api-camera-maintenance", {"until": None}),
        ("api-camera-expected", {"per_minute": 1}),
    ):
        assert client.post(place.path(name, "snacks"), sent, format="json").status_code == 403


def test_the_api_says_what_is_wrong_and_takes_what_people_say(place):
    client = client_of(place.engineer, place.project)
    (dairy, snacks) = client.get(place.path("api-cameras")).json()["cameras"]
    assert (dairy["state"], dairy["is_blind"], dairy["faults"][0]["fault"]) == ("down", True, "covered")
    assert (dairy["reference"], dairy["now"]) == (str(place.reference.pk), str(place.image.pk))
    assert (snacks["state"], snacks["faults"], snacks["last_seen_at"]) == (None, [], None)
    until = (timezone.now() + timedelta(days=2)).isoformat()
    path = place.path("api-camera-maintenance", "dairy")
    assert client.post(path, {"until": until}, format="json").json()["maintenance_until"]
    late = (timezone.now() + timedelta(days=20)).isoformat()
    assert client.post(path, {"until": late}, format="json").json()["errors"] == {
        "until": ["must be within the next 14 days."]
    }
    expected = place.path("api-camera-expected", "dairy")
    assert client.post(expected, {"per_minute": 0}, format="json").json()["errors"] == {
        "per_minute": ["must be more than 0 and at most 6,000."]
    }
    hours = place.path("api-store-hours", "north")
    assert client.get(hours).json() == {"start": None, "end": None, "days": []}
    client.put(hours, {"start": "22:00", "end": "06:00"}, format="json")
    assert client.get(hours).json() == {"start": "22:00:00", "end": "06:00:00", "days": []}
    assert client.put(hours, {"start": "22:00"}, format="json").status_code == 400
    assert client.post(place.path("api-camera-reference", "snacks"), {}, format="json").status_code == 400
