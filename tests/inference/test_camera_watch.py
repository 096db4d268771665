"""Cameras that fall silent while others send, or send one picture over and over: an alarm each, settled by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from inference.domain.attendance import frozen, silent
from inference.models import Capture
from inference.services.camera_watch import look
from people.models import Alarm
from tests.factories.labeling import ImageFactory, SourceFactory, project_with

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def arrivals(*kinds, every=timedelta(seconds=10)):
    """As many arrivals, the last of them at noon."""
    return list(kinds), [NOON - every * (len(kinds) - 1 - place) for place in range(len(kinds))]


def test_a_camera_is_silent_by_what_the_others_sent_meanwhile():
    sources, times = arrivals(*[1, 2] * 50, *[2] * 70)
    (found,) = silent(sources, times, NOON)
    assert (found.source, found.others, found.last_at) == (1, 71, times[98])
    assert found.missed == pytest.approx(71 * 50 / 49)
    assert silent(*arrivals(*[1, 2] * 50, *[2] * 28, every=timedelta(minutes=1)), NOON) == []
    # Half a day later nothing else has come either: the shop is closed.
    assert silent(*arrivals(*[1, 2] * 50), NOON + timedelta(hours=12)) == []


def test_a_rare_camera_may_take_its_time_and_an_unknown_one_is_not_missed():
    assert silent(*arrivals(*([1] + [2] * 49) * 30, *[2] * 1000), NOON) == []
    assert silent(*arrivals(*[1, 2] * 29, *[2] * 500), NOON) == []


def test_within_ten_minutes_nobody_is_silent():
    sources, times = arrivals(*[1, 2] * 50, *[2] * 70, every=timedelta(seconds=8))
    assert silent(sources, times, NOON) == []


def test_a_camera_alone_is_never_silent_by_others():
    assert silent(*arrivals(*[1] * 100), NOON + timedelta(hours=1)) == []


def test_a_camera_is_frozen_by_its_newest_pictures_in_a_row():
    assert frozen([1, 2] * 10, ["a", *"bcdefghijk"[:1]] * 10) == {1: 10, 2: 10}
    assert frozen([1] * 11, [*"a" * 10, "b"]) == {}
    assert frozen([1] * 11, ["b", *"a" * 10]) == {1: 10}
    assert frozen([1] * 9, "a" * 9) == {}


@pytest.mark.django_db
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
    assert [look(project=project) for _ in range(2)] == [2, 2]
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
    assert look(project=project) == 0
    assert set(Alarm.objects.values_list("settled_by", flat=True)) == {None}
    assert not Alarm.objects.filter(settled_at=None).exists()
