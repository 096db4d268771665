"""Each minute's look at the cameras: faults found, said once, settled; what they saw meanwhile put to nobody."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from feedback.models import CameraChange, CameraHour, CameraWatch, EdgeCount, RoutingDecision, StoreHours
from feedback.queries import cameras, flow
from feedback.receivers import route_predictions
from feedback.services import camera_settings, camera_watching, policies
from feedback.views.why import reasons
from inference.models import Capture
from labeling.models import Task
from labeling.services import images
from people.enums import Role
from people.models import Alarm, AuditEvent
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ImageFactory, SourceFactory, project_with
from tests.factories.people import SiteFactory, member
from tests.feedback.scenes import DONE, NOON, encoded, learnt, shelf

pytestmark = pytest.mark.django_db


class Store:
    """A camera of a shelf in a store, known already, and a clock: two pictures a minute, then the job runs."""

    def __init__(self, **site):
        self.project = project_with()
        self.camera = SourceFactory(project=self.project, key="dairy", name="Dairy", site=SiteFactory(**site))
        self.now, self.seed = NOON, 99
        known, reference = learnt(), ImageFactory(project=self.project)
        CameraWatch.objects.create(
            source=self.camera, learnt=known.to_json(), edges=known.field_bytes(), reference=reference
        )

    def send(self, times=1, done=lambda picture: picture, kind="JPEG", clock=timedelta()):
        for _ in range(times):
            self.seed += 1
            self.keep(encoded(done(shelf(self.seed)), kind), clock)
        return self.look()

    def keep(self, data, clock=timedelta()):
        self.now += timedelta(seconds=30)
        image, _ = images.store(project=self.project, data=data, source=self.camera)
        Capture.objects.create(
            project=self.project,
            source=self.camera,
            image=image,
            captured_at=self.now + clock,
            received_at=self.now,
        )
        if (self.now - NOON) % timedelta(minutes=1) == timedelta():
            self.look()

    def look(self):
        camera_watching.look(project=self.project, now=self.now)
        return self.watch()

    def watch(self):
        return CameraWatch.objects.get(source=self.camera)

    def alarms(self):
        found = Alarm.objects.filter(project=self.project, settled_at=None)
        return {alarm.kind: alarm for alarm in found}


@pytest.fixture
def store():
    return Store()


def test_a_covered_camera_is_down_said_once_and_ok_again_once_it_sees(store):
    assert store.send(4).state == "ok"
    assert store.send(2, DONE["covered"]).state == "ok"
    down = store.send(4, DONE["covered"])
    assert (down.state, down.is_blind, down.faults[0]["fault"]) == ("down", True, "covered")
    # That it seems moved as well goes without saying.
    (alarm,) = store.alarms().values()
    assert alarm.kind == "camera_covered"
    assert alarm.words.startswith("Dairy is covered: ")
    assert alarm.detail["reference"] == str(down.reference_id) != alarm.detail["now"] == str(down.image_id)
    store.look()
    assert Alarm.objects.filter(project=store.project).count() == 1
    well = store.send(6)
    assert (well.state, well.is_blind, well.faults) == ("ok", False, [])
    assert store.alarms() == {}
    assert [change.state for change in cameras.changes(store.camera)] == ["ok", "down"]


def test_dirt_or_a_new_format_leave_it_degraded(store):
    blurred = store.send(4, DONE["blurred"])
    assert (blurred.state, blurred.is_blind) == ("degraded", False)
    assert set(store.alarms()) == {"camera_blurred"}
    store.send(4, kind="PNG")
    assert set(store.alarms()) == {"camera_format"}


def test_a_clock_that_is_an_hour_behind_is_said(store):
    assert store.send(10, clock=-timedelta(hours=1)).state == "degraded"
    assert store.alarms()["camera_clock"].words == (
        "Dairy has a clock that is 60 minutes behind, by when its pictures come."
    )


def test_one_customer_before_the_lens_is_no_fault(store):
    for _ in range(2):
        store.send(2, DONE["covered"])
        assert store.send(4).state == "ok"
    assert not CameraChange.objects.exists()


def test_a_picture_that_is_encoded_again_is_frozen_all_the_same(store):
    picture = shelf(999)
    for corner in range(12):
        clock = picture.copy()
        clock.paste((corner * 20, 0, 0), (300, 220, 320, 240))
        store.keep(encoded(clock))
    (alarm,) = store.alarms().values()
    assert alarm.kind == "camera_frozen"
    assert alarm.words.endswith("are the same in every detail.")


def test_predictions_of_a_blind_camera_are_counted_and_put_to_nobody(store):
    policies.in_force(project=store.project)
    other = SourceFactory(project=store.project)
    store.send(4, DONE["covered"])
    model = ModelVersionFactory(project=store.project)
    predictions = [
        PredictionFactory(
            capture=CaptureFactory(project=store.project, source=source, state="predicted"),
            model=model,
            value={"label": "in_stock"},
            confidence=0.2,
        )
        for source in (store.camera, other)
    ]
    route_predictions(predictions=predictions)
    blind, seeing = (RoutingDecision.objects.get(capture_id=each.capture_id) for each in predictions)
    assert (blind.action, blind.inclusion_probability, blind.awaited) == ("set_aside", 0.0, False)
    assert seeing.action == "review"
    assert [task.capture_id for task in Task.objects.filter(project=store.project)] == [
        predictions[1].capture_id
    ]
    assert reasons(blind)[-1].words == (
        "Its camera was covered then: what it said is counted, and nobody is asked about it."
    )
    assert (flow.routes(store.project).set_aside, flow.routes(store.project).total) == (1, 2)


def test_a_store_that_is_closed_is_not_judged_by_its_own_clock():
    store = Store(timezone="Asia/Tokyo")
    # Noon in London is 21:00 in Tokyo, an hour at which this camera is not known: only black is a fault.
    StoreHours.objects.create(project=store.project, site=store.camera.site, start=time(20), end=time(6))
    assert store.send(6, DONE["black"]).state == "ok"
    assert store.watch().last_seen_at == store.now
    StoreHours.objects.update(start=time(22))
    assert store.send(4, DONE["black"]).state == "down"
    assert set(store.alarms()) == {"camera_dark"}
    StoreHours.objects.update(start=time(20))
    store.send(6)
    assert set(store.alarms()) == {"camera_dark"}


def test_while_it_is_worked_on_nothing_is_alarmed_and_afterwards_what_stands(store):
    lead = member(store.project, Role.QA_LEAD)
    store.send(4, DONE["covered"])
    until = timezone.now() + timedelta(hours=1)
    camera_settings.begin_maintenance(user=lead, source=store.camera, until=until, reason="New  shelf")
    assert store.alarms() == {}
    CameraWatch.objects.update(maintenance_until=store.now + timedelta(minutes=2))
    assert store.send(2, DONE["covered"]).state == "down"
    assert store.alarms() == {}
    store.send(4, DONE["covered"])
    assert set(store.alarms()) == {"camera_covered"}
    (event,) = AuditEvent.objects.filter(action="camera.maintenance_begun")
    assert (event.actor, event.detail["reason"]) == (lead, "New shelf")
    camera_settings.end_maintenance(user=lead, source=store.camera)


def test_how_it_should_look_is_set_by_who_leads_and_learnt_anew(store):
    store.send(4, DONE["moved"])
    assert set(store.alarms()) == {"camera_moved"}
    lead = member(store.project, Role.QA_LEAD)
    watch = camera_settings.set_reference(user=lead, source=store.camera)
    newest = Capture.objects.order_by("-id").first()
    assert (watch.reference_id, watch.reference_by, watch.state) == (newest.image_id, lead, "ok")
    assert store.alarms() == {}
    again = store.send(2, DONE["moved"])
    assert (again.state, again.learnt["pictures"], again.reference_id) == ("ok", 2, newest.image_id)
    with pytest.raises(PermissionDenied):
        camera_settings.set_reference(
            user=member(store.project, Role.ASSOCIATE, store.camera.site), source=store.camera
        )


def test_the_hours_count_what_came_with_what_a_device_kept(store):
    hour = NOON.replace(minute=0)
    model, policy = ModelVersionFactory(project=store.project), policies.in_force(project=store.project)
    EdgeCount.objects.create(
        project=store.project,
        source=store.camera,
        hour=hour,
        model=model,
        policy=policy,
        bucket=3,
        captures=1000,
    )
    store.send(2)
    (row,) = CameraHour.objects.all()
    assert (row.hour, row.captures, row.looks) == (hour, 1002, 2)
    assert 60 < row.brightness < 200
    assert row.here > 0.6


def test_a_camera_that_sends_far_less_than_on_other_days_is_slow(store):
    store.send(2)
    store.now = NOON + timedelta(hours=1, minutes=10)
    assert store.look().faults == []
    for day in (1, 2, 3):
        CameraHour.objects.create(source=store.camera, hour=NOON - timedelta(days=day), captures=400)
    CameraWatch.objects.update(recent={})
    assert store.look().state == "degraded"
    (alarm,) = store.alarms().values()
    assert alarm.words == "Dairy sent 2 pictures in the last whole hour, where about 400 are expected."
    lead = member(store.project, Role.ENGINEER)
    camera_settings.set_expected(user=lead, source=store.camera, per_minute=0.1)
    store.look()
    assert "camera_slow" not in store.alarms()


def test_a_camera_alone_is_silent_by_what_was_set_for_it(store):
    lead = member(store.project, Role.ENGINEER)
    camera_settings.set_expected(user=lead, source=store.camera, per_minute=2)
    store.send(2)
    store.now += timedelta(minutes=9)
    assert store.look().state == "ok"
    store.now += timedelta(minutes=8)
    assert store.look().state == "down"
    (alarm,) = store.alarms().values()
    assert alarm.kind == "camera_silent"
    assert "about 34 pictures are missing" in alarm.words
    assert not store.watch().is_blind
    assert store.send(2).state == "ok"


def test_one_alarm_a_camera_until_it_sends_something_new():
    project = project_with()
    quiet, stuck, well = (
        SourceFactory(project=project, key=key, name=key.title()) for key in ("quiet", "stuck", "well")
    )
    one, other = ImageFactory(project=project), ImageFactory(project=project)

    def send(camera, image, **ago):
        at = timezone.now() - timedelta(**ago)
        Capture.objects.create(project=project, source=camera, image=image, captured_at=at, received_at=at)

    for place in range(40):
        for camera in (quiet, well):
            send(camera, (one, other)[place % 2], minutes=60 - place)
    for place in range(40):
        send(well, (one, other)[place % 2], seconds=400 - place)
    for _ in range(10):
        send(stuck, one, seconds=30)
    assert [camera_watching.look(project=project) for _ in range(2)] == [2, 2]
    found = {alarm.kind: alarm for alarm in Alarm.objects.filter(settled_at=None)}
    assert {kind: (alarm.source, alarm.site, alarm.count) for kind, alarm in found.items()} == {
        "camera_silent": ("quiet", quiet.site, 2),
        "camera_frozen": ("stuck", stuck.site, 2),
    }
    assert found["camera_silent"].words.startswith("Quiet has sent nothing since ")
    assert found["camera_frozen"].words == (
        "Stuck sends one picture over and over: its last 10 are the same to the byte."
    )
    send(quiet, one, seconds=1)
    send(stuck, other, seconds=1)
    assert camera_watching.look(project=project) == 0
    assert set(Alarm.objects.values_list("settled_by", flat=True)) == {None}
    assert not Alarm.objects.filter(settled_at=None).exists()


def test_at_most_two_pictures_a_camera_are_opened_in_a_look(store, monkeypatch):
    opened = []
    monkeypatch.setattr(camera_watching, "look_at", opened.append)
    for seed in range(2000, 2009):
        image, _ = images.store(project=store.project, data=encoded(shelf(seed)), source=store.camera)
        Capture.objects.create(
            project=store.project,
            source=store.camera,
            image=image,
            captured_at=store.now,
            received_at=store.now,
        )
    store.look()
    assert [image.sha256 for image in opened][-1] == image.sha256
    assert len(opened) == 2
    store.look()
    assert len(opened) == 2


def test_a_picture_that_cannot_be_opened_is_passed_over(store):
    CaptureFactory(
        project=store.project,
        source=store.camera,
        image=ImageFactory(project=store.project),
        received_at=store.now,
    )
    assert store.look().looked_at is None
