"""What a project keeps no longer goes each night, a few at a time, and never what somebody still needs."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.models import DatasetMember
from feedback.queries.retention import Kept, counted, due
from feedback.services import erasing, retaining
from feedback.tasks import apply_retention, remove_erased
from inference.models import Capture
from labeling.enums import TaskState
from labeling.models import Answer, Erasure, Image, PrivacySettings
from labeling.services.tasks import close
from people.models import AuditEvent
from tests.factories.feedback import DatasetVersionFactory, ExampleFactory
from tests.factories.inference import CaptureFactory
from tests.factories.labeling import (
    AnswerFactory,
    GuidelineExampleFactory,
    GuidelineFactory,
    ImageFactory,
    ResolutionFactory,
    open_task,
)

pytestmark = pytest.mark.django_db

OLD = timedelta(days=40)


def ago(**since):
    return timezone.now() - timedelta(**since)


def old_id():
    milliseconds = int(ago(days=40).timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | uuid.uuid4().int & (1 << 80) - 1)


@pytest.fixture
def kept(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return PrivacySettings.objects.create(project=shop.project, accepted_days=30, reviewed_days=30)


def accepted(shop, *, days=40, state="predicted", **fields):
    """An old image whose capture came so many days ago."""
    image = ImageFactory(project=shop.project, id=old_id(), **fields)
    capture = CaptureFactory(project=shop.project, image=image, source=shop.camera, state=state)
    Capture.objects.filter(pk=capture.pk).update(received_at=ago(days=days))
    return image


def reviewed(shop, *, days=40):
    """An old image that somebody answered about so many days ago."""
    image = accepted(shop)
    task = open_task(shop.queue("review"), image)
    close(task=task, state=TaskState.RESOLVED)
    AnswerFactory(task=task, created_at=ago(days=days))
    return image


def goes(shop, image):
    states = [
        state for state in Kept if due(shop.project, state, 30, timezone.now()).filter(pk=image.pk).exists()
    ]
    assert len(states) <= 1
    return states[0] if states else None


def test_old_captures_that_nobody_was_asked_about_go(shop):
    assert goes(shop, accepted(shop)) == Kept.ACCEPTED
    assert goes(shop, accepted(shop, days=20)) is None
    assert goes(shop, accepted(shop, state="pending")) is None


def test_a_picture_that_came_in_again_lately_stays(shop):
    image = accepted(shop)
    CaptureFactory(project=shop.project, image=image, source=shop.camera, state="predicted")
    assert goes(shop, image) is None


def test_reviewed_images_go_some_time_after_the_last_answer(shop):
    assert goes(shop, reviewed(shop)) == Kept.REVIEWED
    assert goes(shop, reviewed(shop, days=20)) is None


def test_what_was_imported_and_nobody_answered_about_stays(shop):
    assert goes(shop, ImageFactory(project=shop.project, id=old_id())) is None
    labelled = ImageFactory(project=shop.project, id=old_id())
    ResolutionFactory(image=labelled)
    assert goes(shop, labelled) is None


def in_dataset(shop, image):
    resolution = ResolutionFactory(image=image, created_at=ago(days=40))
    dataset = DatasetVersionFactory(project=shop.project)
    DatasetMember.objects.create(
        dataset=dataset, example=ExampleFactory(resolution=resolution), split="train"
    )


def gold(shop, image):
    image.gold.create(project=shop.project, value={"label": "low_stock"})


def waiting(shop, image):
    open_task(shop.queue("audit"), image)


def shown_in_the_guideline(shop, image):
    GuidelineExampleFactory(
        guideline=GuidelineFactory(project=shop.project, number=None, published_at=None), image=image
    )


@pytest.mark.parametrize("needed", [in_dataset, gold, waiting, shown_in_the_guideline])
@pytest.mark.parametrize("made", [accepted, reviewed])
def test_what_somebody_still_needs_stays(shop, made, needed):
    image = made(shop)
    assert goes(shop, image) is not None
    needed(shop, image)
    assert goes(shop, image) is None


def test_night_erases_what_is_due_by_the_same_way_and_says_so(shop, kept):
    first, second, young = accepted(shop), reviewed(shop), accepted(shop, days=3)
    assert counted(kept, timezone.now(), 100) == {Kept.ACCEPTED: 1, Kept.REVIEWED: 1}
    answers = Answer.objects.count()
    assert retaining.apply() == 2
    assert retaining.apply() == 0
    assert set(Image.objects.exclude(erased_at=None)) == {first, second}
    assert young.filename
    made = Erasure.objects.get(image=first)
    assert (made.cause, made.by, made.reason) == (
        "retention",
        None,
        "Nobody was asked about it, and such images are kept for 30 days.",
    )
    assert Answer.objects.count() == answers
    assert sorted(
        event.detail["state"] for event in AuditEvent.objects.filter(action="images.retention_over")
    ) == [
        "accepted",
        "reviewed",
    ]
    erasing.carry_out()
    assert not Erasure.objects.filter(removed_at=None).exists()


def test_other_projects_and_those_without_days_keep_everything(shop, kept):
    kept.accepted_days = kept.reviewed_days = None
    kept.save()
    accepted(shop)
    assert retaining.apply() == 0


def test_a_run_is_bounded_and_the_next_goes_on(shop, kept, monkeypatch):
    monkeypatch.setattr(retaining, "BATCH", 2)
    for _ in range(7):
        accepted(shop)
    assert retaining.apply(most=4) == 4
    assert retaining.apply(most=4) == 3
    assert Erasure.objects.count() == 7


def test_what_became_needed_since_it_was_chosen_stays(shop, kept, monkeypatch):
    image = accepted(shop)
    mark = retaining.mark

    def meanwhile(**given):
        waiting(shop, image)
        return mark(**given)

    monkeypatch.setattr(retaining, "mark", meanwhile)
    assert retaining.apply() == 0
    image.refresh_from_db()
    assert image.erased_at is None


def test_jobs_do_the_work_and_go_on_at_once_while_there_is_more(shop, kept, monkeypatch):
    monkeypatch.setattr("feedback.tasks.close_old_connections", lambda: None)
    for _ in range(3):
        accepted(shop)
    apply_retention(0)
    remove_erased(0)
    assert Erasure.objects.exclude(removed_at=None).count() == 3
    assert not ProcrastinateJob.objects.filter(task_name=retaining.JOB).exists()
    monkeypatch.setattr(retaining, "AT_ONCE", 1)
    monkeypatch.setattr(erasing, "AT_ONCE", 1)
    accepted(shop)
    apply_retention(0)
    remove_erased(0)
    waiting = ProcrastinateJob.objects.filter(status="todo").values_list("task_name", flat=True)
    assert sorted(waiting) == [retaining.JOB, erasing.JOB]
