"""The audit of a pipeline: each gap by its own fact, and the page and the API that name them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.domain.pipeline import LEAST_TIMED, Facts, Stage, gaps
from feedback.queries.pipeline import facts
from labeling.models import Image, Source, Vote
from people.enums import AlarmKind
from people.models import AuditEvent, Site
from people.queries.ids import id_floor
from people.services import audit
from people.services.alarms import raise_alarm
from tests.factories.feedback import DatasetVersionFactory, ExampleFactory, labelled
from tests.factories.inference import CaptureFactory, ModelVersionFactory
from tests.factories.people import member
from tests.feedback.pages import in_words, url

DAY = datetime(2026, 11, 23, tzinfo=UTC)
WHOLE = Facts(
    cameras=2,
    timed=LEAST_TIMED,
    at_night=1,
    gold=1,
    seen_twice=1,
    dataset=1,
    test_taken_at=DAY,
    shifted_at=DAY,
    model="m",
    learnt_at=DAY,
    has_baseline=True,
    drift_at=DAY,
    on_call=1,
    has_policy=True,
    has_budget=True,
    has_reference=True,
    is_backed_up=True,
)
LATER = DAY + timedelta(seconds=1)


def test_nothing_is_lacking_where_all_is_there():
    assert gaps(WHOLE) == []


@pytest.mark.parametrize(
    ("key", "lacking", "stage", "page"),
    [
        ("no_captures", {"cameras": 0}, Stage.COLLECTION, "captures"),
        ("one_camera", {"cameras": 1}, Stage.COLLECTION, "cameras"),
        ("no_night", {"at_night": 0}, Stage.COLLECTION, "new-round"),
        ("no_gold", {"gold": 0}, Stage.LABELING, "gold"),
        ("no_second_annotator", {"seen_twice": 0}, Stage.LABELING, "new-round"),
        ("no_dataset", {"dataset": None}, Stage.TRAINING, "datasets"),
        ("test_set_older_than_shift", {"shifted_at": LATER}, Stage.TRAINING, "datasets"),
        ("no_baseline", {"has_baseline": False}, Stage.TRAINING, "model"),
        ("no_model", {"model": None}, Stage.DEPLOYMENT, "overview"),
        ("model_older_than_drift", {"drift_at": LATER}, Stage.DEPLOYMENT, "overview"),
        ("policy_by_hand", {"has_budget": False}, Stage.DEPLOYMENT, "routing"),
        ("no_reference", {"has_reference": False}, Stage.MONITORING, "drift"),
        ("nobody_on_call", {"on_call": 0}, Stage.MONITORING, "admin:people_user_changelist"),
        ("no_backup", {"is_backed_up": False}, Stage.MONITORING, "runbook"),
    ],
)
def test_each_gap_is_found_by_its_own_fact_alone(key, lacking, stage, page):
    (gap,) = gaps(replace(WHOLE, **lacking))
    assert (gap.key, gap.stage, gap.page) == (key, stage, page)
    assert all((gap.words, gap.why, gap.mend))


def test_of_the_night_nothing_is_said_while_few_images_have_an_hour():
    assert gaps(replace(WHOLE, timed=LEAST_TIMED - 1, at_night=0)) == []


@pytest.mark.django_db
def test_the_facts_are_read_where_the_camera_is(shop):
    Site.objects.filter(pk=shop.north.pk).update(timezone="Asia/Tokyo")
    site = Site.objects.get(pk=shop.north.pk)
    Source.objects.filter(pk=shop.camera.pk).update(site=site)
    for number, hour in enumerate((13, 14)):
        image = labelled(shop.project, "in_stock", number, source=shop.camera)
        # 13 o'clock UTC is 22 in Tokyo.
        Image.objects.filter(pk=image.pk).update(captured_at=DAY + timedelta(hours=hour))
    CaptureFactory(project=shop.project, source=shop.camera)
    for user in (shop.annotator, shop.qa_lead):
        Vote.objects.create(
            project=shop.project,
            answer_id=image.pk,
            image_id=image.pk,
            queue_id=image.pk,
            user=user,
            label=1,
            setting=0,
            tenths=10,
            blind=True,
            at=timezone.now(),
        )
    found = facts(shop.project)
    assert (found.cameras, found.timed, found.at_night, found.seen_twice) == (1, 2, 2, 1)
    assert (found.gold, found.dataset, found.model, found.has_policy) == (0, None, None, False)


@pytest.mark.django_db
def test_the_newest_drift_is_held_against_the_model_and_the_test_set(shop):
    model = ModelVersionFactory(project=shop.project, stage="champion")
    DatasetVersionFactory(project=shop.project)
    alarm, _ = raise_alarm(project=shop.project, kind=AlarmKind.DRIFT, words="Darker.")
    found = facts(shop.project)
    assert (found.model, found.drift_at, found.shifted_at) == (
        str(model.pk),
        alarm.raised_at,
        alarm.raised_at,
    )
    assert found.test_taken_at is None


@pytest.mark.django_db
def test_a_backup_counts_for_a_week_and_only_one_that_was_made(shop, client):
    client.force_login(shop.engineer)
    audit.record(actor=shop.engineer, action="project.changed", target=shop.project)
    shown = in_words(client.get(url(shop, "pipeline")))
    assert "No backup was made in the last week." in shown
    assert reverse("runbook", args=["backup"]) in shown
    assert "--keep 14" in in_words(client.get(reverse("runbook", args=["backup"])))
    now = timezone.now()
    old = now - timedelta(days=8)
    AuditEvent.objects.create(id=id_floor(old), at=old, action="backup.made", target="backup 1")
    assert facts(shop.project).is_backed_up is False
    audit.record(actor=None, action="backup.made", target="backup 2")
    assert facts(shop.project).is_backed_up is True
    assert "No backup" not in in_words(client.get(url(shop, "pipeline")))


@pytest.mark.django_db
def test_leads_see_it_others_are_told_and_strangers_find_nothing(shop, client):
    for user, status in (
        (shop.qa_lead, 200),
        (shop.engineer, 200),
        (shop.annotator, 403),
        (shop.associate, 403),
        (shop.stranger, 404),
    ):
        client.force_login(user)
        assert client.get(url(shop, "pipeline")).status_code == status
        assert shop.client(user).get(f"/api/v1/projects/{shop.project.slug}/pipeline/").status_code == status
    client.logout()
    assert client.get(url(shop, "pipeline")).status_code == 302


@pytest.mark.django_db
def test_the_page_names_the_gaps_with_what_mends_them_and_the_api_says_the_same(shop, client):
    client.force_login(shop.engineer)
    page = in_words(client.get(url(shop, "pipeline")))
    given = shop.client(shop.engineer).get(f"/api/v1/projects/{shop.project.slug}/pipeline/").json()
    assert [step["stage"] for step in given["stages"]] == [str(stage) for stage in Stage]
    named = [gap for step in given["stages"] for gap in step["gaps"]]
    assert {"no_captures", "no_gold", "no_dataset", "no_model"} <= {gap["key"] for gap in named}
    for gap in named:
        assert gap["words"] in page
    assert url(shop, "gold") in page


@pytest.mark.django_db
def test_only_a_superuser_is_sent_to_the_admin(shop, client):
    shop.project.memberships.exclude(user=shop.engineer).delete()
    shop.engineer.email = ""
    shop.engineer.save()
    client.force_login(shop.engineer)
    assert "/admin/" not in in_words(client.get(url(shop, "pipeline")))
    root = member(shop.project, "annotator")
    root.is_superuser = root.is_staff = True
    root.save()
    root.memberships.update(role="engineer")
    root.email = ""
    root.save()
    client.force_login(root)
    assert "/people/user/" in in_words(client.get(url(shop, "pipeline")))


@pytest.mark.django_db
def test_the_page_asks_no_more_where_there_is_more(shop, client, django_assert_max_num_queries):
    for _ in range(3):
        ExampleFactory(project=shop.project)
        CaptureFactory(project=shop.project, source=shop.camera)
    client.force_login(shop.engineer)
    with django_assert_max_num_queries(60):
        client.get(url(shop, "pipeline"))
