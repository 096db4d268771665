"""The weekly review: figures of its week alone, who reads it, and the letter that goes once."""

from datetime import datetime, timedelta
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from feedback.domain.weekly import week_at
from feedback.models import RoutingDecision
from feedback.queries import weekly, weekly_slices
from feedback.services import weekly_letters
from feedback.services.weekly import review
from inference.models import Capture
from labeling.enums import ResolvedBy
from labeling.models import Answer
from labeling.services.resolving import settle
from people.enums import AlarmKind
from people.models import Alarm, AuditEvent, Project, Site, User
from people.services.alarms import raise_alarm
from tests.factories.feedback import RoutingDecisionFactory, RoutingPolicyFactory
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import AnswerFactory, open_task
from tests.factories.people import member
from tests.feedback.pages import in_words, url

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def week(shop):
    """The last one that is over; the project is older."""
    Project.objects.filter(pk=shop.project.pk).update(created_at=timezone.now() - 90 * DAY)
    shop.project.refresh_from_db()
    for lead in (shop.qa_lead, shop.engineer):
        User.objects.filter(pk=lead.pk).update(email=f"{lead.username}@example.org")
        lead.refresh_from_db()
    return week_at(timezone.now(), weekly.zone_of(shop.project)).before


def id_of(moment: datetime, number: int) -> UUID:
    """A UUIDv7 as one made then would be."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 0b10 << 62 | number)


numbers = iter(range(1, 10**6))


def predicted(shop, at, *, action="accept", said="low_stock", held=None, source=None, inclusion=0.5):
    """A capture that came then, its prediction and its route; what people hold true of it, where they do."""
    policy = shop.project.policies.first() or RoutingPolicyFactory(
        project=shop.project, queue=shop.queue("review"), audit_queue=shop.queue("audit")
    )
    model = shop.project.models.first() or ModelVersionFactory(project=shop.project, stage="champion")
    capture = CaptureFactory(
        id=id_of(at, next(numbers)), project=shop.project, source=source or shop.camera, received_at=at
    )
    prediction = PredictionFactory(capture=capture, model=model, value={"label": said}, confidence=0.9)
    RoutingDecisionFactory(
        id=id_of(at, next(numbers)),
        prediction=prediction,
        policy=policy,
        action=action,
        inclusion_probability=1.0 if action == "review" else inclusion,
        created_at=at,
    )
    if held:
        settle(image=capture.image, value={"label": held}, by=ResolvedBy.ONE_ANSWER)
    return capture


def answered(shop, at, user=None, seconds=4.0):
    task = open_task(shop.queue("review"))
    return AnswerFactory(
        id=id_of(at, next(numbers)),
        task=task,
        user=user or shop.annotator,
        seconds=seconds,
        created_at=at,
        value={"label": "low_stock"},
    )


def test_only_what_is_of_the_week_is_counted(shop, week):
    for at in (week.start - HOUR, week.start, week.end - timedelta(seconds=1), week.end):
        predicted(shop, at, action="review")
        answered(shop, at)
    predicted(shop, week.start + DAY, source=shop.other_camera, action="audit")
    routed, said = weekly.routed(shop.project, week), weekly.answered(shop.project, week)
    assert (routed.total, routed.reviewed, routed.audited, routed.accepted) == (3, 2, 1, 1)
    assert routed.by_source == {shop.camera.key: 2, shop.other_camera.key: 1}
    assert (said.answers, said.people, said.seconds, said.median_seconds) == (2, 1, 8.0, 4.0)


def test_each_source_is_estimated_by_what_was_verified_of_it(shop, week):
    for number in range(12):
        predicted(shop, week.start + number * HOUR, action="audit", held="low_stock")
        predicted(
            shop,
            week.start + number * HOUR,
            action="audit",
            held="low_stock" if number < 3 else "in_stock",
            source=shop.other_camera,
        )
    found = weekly_slices.accuracy(shop.project, week)
    assert (found.predictions, found.verified) == (24, 24)
    assert found.accuracy.value == pytest.approx(15 / 24)
    assert {one.key: one.accuracy.value for one in found.sources} == {
        shop.camera.key: pytest.approx(1.0),
        shop.other_camera.key: pytest.approx(0.25),
    }
    assert weekly_slices.accuracy(shop.project, week.before).accuracy.value is None


def test_an_alarm_is_of_every_week_in_which_it_stood(shop, week):
    alarm, _ = raise_alarm(project=shop.project, kind=AlarmKind.DRIFT, words="Aisle 1 is darker.")
    Alarm.objects.filter(pk=alarm.pk).update(
        raised_at=week.before.start + DAY, settled_at=week.start + DAY, settled_by=shop.engineer
    )
    of = {at: list(weekly.alarms(shop.project, at)) for at in (week.before.before, week.before, week)}
    assert [len(rung) for rung in of.values()] == [0, 1, 1]
    assert weekly.standing_at(of[week.before], week.before.end) == [alarm]
    assert weekly.standing_at(of[week], week.end) == []


def test_the_page_says_what_to_do_first_with_the_way_to_it(shop, week, client):
    raise_alarm(project=shop.project, kind=AlarmKind.ERROR_BUDGET, words="The budget is broken.")
    Alarm.objects.update(raised_at=week.end - DAY)
    for number in range(3):
        predicted(shop, week.start + number * HOUR, action="audit", held="low_stock")
    answered(shop, week.start + DAY)
    client.force_login(shop.qa_lead)
    page = in_words(client.get(url(shop, "weekly")))
    assert "The three things to do" in page
    assert page.index("The budget is broken.") < page.index("Train: 3 labelled images are new")
    assert f"Week of {week.monday.day} " in page
    assert "0 of them audited" not in page
    assert "3 of 3 routed; 3 of them audited" in page
    assert f'href="?week={week.before.monday}"' in page


def test_figures_are_those_of_the_pages_they_link_to(shop, week, client):
    for user in (shop.annotator, shop.qa_lead):
        answered(shop, week.start + DAY, user)
    found = review(shop.project, week)
    client.force_login(shop.engineer)
    query = dict(found.agreement.query)
    report = shop.client(shop.engineer).get(f"/api/v1/projects/{shop.project.slug}/agreement/", query)
    assert (found.agreement.answers, found.agreement.images) == (
        report.json()["annotations"],
        report.json()["items"],
    )
    assert found.answered.answers == found.agreement.answers == 2


def test_a_week_without_anything_says_so_in_a_line(shop, week, client):
    client.force_login(shop.engineer)
    page = in_words(client.get(url(shop, "weekly"), {"week": week.before.monday}))
    assert "Nothing happened in this week" in page
    assert "things to do" not in page


def test_a_project_of_this_week_opens_on_this_week(shop, client, week):
    client.force_login(shop.engineer)
    assert client.get(url(shop, "weekly")).context["week"].monday == week.monday
    Project.objects.filter(pk=shop.project.pk).update(created_at=timezone.now())
    assert client.get(url(shop, "weekly")).context["week"].monday == week.after.monday


@pytest.mark.parametrize("given", ["2026-11-24", "yesterday", "2020-01-06", "2099-01-05"])
def test_no_other_day_names_a_week(shop, week, client, given):
    client.force_login(shop.engineer)
    assert client.get(url(shop, "weekly"), {"week": given}).status_code == 404


def test_leads_see_it_others_are_told_and_strangers_find_nothing(shop, client):
    for user, status in (
        (shop.qa_lead, 200),
        (shop.engineer, 200),
        (shop.annotator, 403),
        (shop.associate, 403),
        (shop.stranger, 404),
    ):
        client.force_login(user)
        assert client.get(url(shop, "weekly")).status_code == status
    client.logout()
    assert client.get(url(shop, "weekly")).status_code == 302


def monday_morning(week):
    return week.end + 7 * HOUR


def test_the_letter_goes_to_the_leads_once(shop, week, mailoutbox):
    captured = predicted(shop, week.start + HOUR)
    answered(shop, week.start + DAY)
    assert weekly_letters.due(monday_morning(week)) == [(shop.project, week)]
    assert weekly_letters.mail(project=shop.project, week=week)
    assert not weekly_letters.mail(project=shop.project, week=week)
    assert weekly_letters.due(monday_morning(week)) == []
    (letter,) = mailoutbox
    assert letter.to == []
    assert sorted(letter.bcc) == sorted([shop.qa_lead.email, shop.engineer.email])
    assert "1 capture; 1 routed, 1 accepted" in letter.body
    assert f"/p/{shop.project.slug}/weekly/?week={week.monday}" in letter.body
    assert "TO DO FIRST" in letter.body
    assert Capture.objects.get().pk == captured.pk


def test_a_letter_that_was_not_handed_over_goes_with_the_next_hour(shop, week, mailoutbox):
    predicted(shop, week.start + HOUR)
    with (
        patch.object(EmailMessage, "send", side_effect=OSError("killed")),
        pytest.raises(OSError, match="killed"),
    ):
        weekly_letters.mail(project=shop.project, week=week)
    assert not AuditEvent.objects.filter(action=weekly_letters.MAILED).exists()
    assert weekly_letters.mail(project=shop.project, week=week)
    assert len(mailoutbox) == 1


def test_what_goes_wrong_with_one_letter_keeps_no_other_back(shop, week):
    with (
        patch.object(weekly_letters, "due", return_value=[(shop.project, week.before), (shop.project, week)]),
        patch.object(weekly_letters, "mail", side_effect=[OSError("refused"), True]) as mail,
        pytest.raises(OSError, match="refused"),
    ):
        weekly_letters.mail_due()
    assert mail.call_count == 2


def test_after_a_week_without_anything_no_letter_comes_until_something_does(shop, week, mailoutbox):
    assert weekly_letters.due(monday_morning(week)) == []
    predicted(shop, week.before.start + HOUR)
    assert weekly_letters.due(monday_morning(week)) == [(shop.project, week)]
    weekly_letters.mail(project=shop.project, week=week)
    assert "Nothing happened in this week" in mailoutbox[0].body


def test_each_project_has_its_own_monday(shop, week):
    Site.objects.update(timezone="Pacific/Auckland")
    there = week_at(timezone.now(), weekly.zone_of(shop.project)).before
    predicted(shop, there.start + HOUR)
    at = there.end + 6 * HOUR
    assert weekly_letters.due(at) == [(shop.project, there)]
    assert weekly_letters.due(at - HOUR) == []


def test_without_anybody_to_write_to_nothing_is_remembered(shop, week):
    predicted(shop, week.start + HOUR)
    shop.project.memberships.filter(role__in=["qa_lead", "engineer"]).delete()
    assert not weekly_letters.mail(project=shop.project, week=week)
    member(shop.project, "qa_lead")
    User.objects.update(email="lead@example.org")
    assert weekly_letters.mail(project=shop.project, week=week)


def test_the_page_asks_no_more_where_there_is_more(shop, week, client, django_assert_max_num_queries):
    for number in range(4):
        predicted(shop, week.start + number * HOUR, action="review", held="low_stock")
        answered(shop, week.start + number * HOUR)
    assert RoutingDecision.objects.count() == Answer.objects.count() == 4
    client.force_login(shop.engineer)
    client.get(url(shop, "weekly"))
    with django_assert_max_num_queries(90):
        client.get(url(shop, "weekly"))
