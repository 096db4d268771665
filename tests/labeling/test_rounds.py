"""Rounds: which images they choose, that nothing is asked twice, and what pausing and closing keep."""

import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from labeling.domain.image_filters import context_of
from labeling.domain.values import ValueRefused
from labeling.enums import TaskState, Verdict
from labeling.models import Answer, Queue, Resolution, Slot, Task
from labeling.queries import rounds as progress
from labeling.services import answers, leases, round_filling, rounds
from labeling.services.projects import Taken
from people.models import AuditEvent, User
from tests.factories.labeling import ImageFactory, ResolutionFactory, SourceFactory, project_with
from tests.factories.people import member
from tests.labeling.test_promises import in_threads

pytestmark = pytest.mark.django_db


def made(shop, filters=None, name="night", **terms):
    fields = {"title": "Night shelves", "filters": filters or {}, **terms}
    return rounds.make_round(user=shop.qa_lead, project=shop.project, name=name, **fields)


def photos(shop, count, **fields):
    return [ImageFactory(project=shop.project, **fields) for _ in range(count)]


def asked(one):
    return set(Task.objects.filter(queue=one.queue, gold=None).values_list("image", flat=True))


def say(user, task, held, label="in_stock"):
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=2)
    return answers.record_answer(user=user, task=task, lease=held.token, said=said)[0]


def test_filters_choose_by_source_time_context_and_whether_labelled(shop):
    other = SourceFactory(project=shop.project)
    now = timezone.now()
    night, day = {"lighting": "night", "shelf": 3}, {"lighting": "day"}
    (wanted,) = photos(shop, 1, source=shop.camera, context=night, captured_at=now - timedelta(days=2))
    photos(shop, 1, source=other, context=night, captured_at=now - timedelta(days=2))
    photos(shop, 1, source=shop.camera, context=day, captured_at=now - timedelta(days=2))
    photos(shop, 1, source=shop.camera, context=night, captured_at=now - timedelta(days=9))
    (told,) = photos(shop, 1, source=shop.camera, context=night, captured_at=now - timedelta(days=2))
    ResolutionFactory(image=told)
    one = made(
        shop,
        {
            "source": shop.camera.key,
            "since": (now - timedelta(days=3)).date().isoformat(),
            "until": now.isoformat(),
            "context": context_of("lighting=night, shelf=3"),
            "never_labelled": True,
        },
    )
    assert asked(one) == {wanted.pk}
    assert AuditEvent.objects.filter(action="round.made", actor=shop.qa_lead).count() == 1


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"source": "nowhere"}, "filters.source"),
        ({"colour": "red"}, "filters.colour"),
        ({"since": "yesterday"}, "filters.since"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "filters.until"),
        ({"limit": 0}, "filters.limit"),
        ({"limit": "9" * 30}, "filters.limit"),
        ({"pick": "best"}, "filters.pick"),
        ({"confidence_min": 0.9, "confidence_max": 0.1}, "filters.confidence_max"),
        ({"confidence_min": "nan"}, "filters.confidence_min"),
        ({"predicted": "gone"}, "filters.predicted"),
        ({"similar_to": "x"}, "filters.similar_to"),
        ({"similar_to": str(uuid.uuid4())}, "filters.similar_to"),
        ({"context": {"a": "\0"}}, "filters.context"),
        ({"never_labelled": True, "context": {"a": 1}}, "filters"),
        (["source"], "filters"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(shop, filters, field):
    photos(shop, 1)
    with pytest.raises(ValueRefused) as refused:
        made(shop, filters)
    assert list(refused.value.errors) == [field]


def test_a_sample_is_drawn_again_by_its_seed(shop):
    photos(shop, 30)
    drawn = [
        asked(made(shop, {"limit": 10, "pick": "random", "seed": seed}, name=name))
        for seed, name in ((7, "a"), (7, "b"), (8, "c"))
    ]
    assert [len(each) for each in drawn] == [10, 10, 10]
    assert drawn[0] == drawn[1] != drawn[2]
    newest = made(shop, {"limit": 3}, name="d")
    assert asked(newest) == set(shop.project.images.order_by("-pk").values_list("pk", flat=True)[:3])


def test_images_are_asked_once_however_often_they_are_added(shop):
    photos(shop, 4)
    one = made(shop, {"limit": 2}, answers_required=2)
    first = asked(one)
    ((task, held),) = leases.claim(user=shop.annotator, queue=one.queue)
    say(shop.annotator, task, held)
    rounds.add_images(user=shop.qa_lead, to=one, filters={})
    assert first < asked(one)
    assert len(asked(one)) == 4
    assert Task.objects.filter(queue=one.queue).count() == 4
    assert Slot.objects.filter(queue_id=one.pk).count() == 8
    with pytest.raises(ValueRefused, match="does not ask about already"):
        rounds.add_images(user=shop.qa_lead, to=one, filters={})


def test_a_large_round_opens_in_batches_and_a_worker_goes_on(shop, monkeypatch):
    monkeypatch.setattr(round_filling, "BATCH", 3)
    photos(shop, 11)
    one = made(shop, {"limit": 10, "pick": "random"})
    assert len(asked(one)) == 6
    assert progress.progress_of([one])[one.pk].coming == 4
    assert ProcrastinateJob.objects.filter(task_name=rounds.JOB).count() == 1
    photos(shop, 5)
    for _ in range(2):
        rounds.tend(one.pk)
    assert len(asked(one)) == 10
    one.refresh_from_db()
    assert progress.progress_of([one])[one.pk].coming == 0
    rounds.close(user=shop.qa_lead, which=one)
    assert Task.objects.filter(queue=one.queue, state=TaskState.OPEN).count() == 4
    rounds.tend(one.pk)
    assert Task.objects.filter(queue=one.queue, state=TaskState.WITHDRAWN).count() == 10
    assert not Slot.objects.filter(queue_id=one.pk).exists()


def test_pausing_hands_out_nothing_and_closing_keeps_what_was_said(shop):
    photos(shop, 4)
    one = made(shop)
    held = leases.claim(user=shop.annotator, queue=one.queue, count=2)
    rounds.pause(user=shop.qa_lead, which=one)
    one.queue.refresh_from_db()
    assert leases.claim(user=shop.annotator, queue=one.queue) == []
    say(shop.annotator, *held[0])
    rounds.resume(user=shop.qa_lead, which=one)
    one.queue.refresh_from_db()
    assert len(leases.claim(user=shop.annotator, queue=one.queue)) == 1
    rounds.close(user=shop.qa_lead, which=one)
    one.queue.refresh_from_db()
    with pytest.raises(answers.TooLate):
        say(shop.annotator, *held[1])
    assert Resolution.objects.count() == 1
    assert sorted(Answer.objects.values_list("state", flat=True)) == ["counted", "late"]
    assert leases.claim(user=shop.annotator, queue=one.queue) == []
    for act in (rounds.pause, rounds.resume):
        with pytest.raises(rounds.RoundClosed):
            act(user=shop.qa_lead, which=one)
    with pytest.raises(rounds.RoundClosed):
        rounds.add_images(user=shop.qa_lead, to=one, filters={})
    rounds.close(user=shop.qa_lead, which=one)
    done = ["round.made", "round.paused", "round.resumed", "round.closed"]
    assert (
        list(AuditEvent.objects.filter(action__in=done).order_by("id").values_list("action", flat=True))
        == done
    )


def test_only_those_named_take_part(shop):
    photos(shop, 2)
    other = member(shop.project, "annotator")
    one = made(shop, members=[other])
    assert len(leases.claim(user=other, queue=one.queue)) == 1
    with pytest.raises(PermissionDenied):
        leases.claim(user=shop.annotator, queue=one.queue)
    rounds.change_round(user=shop.qa_lead, which=one, members=[shop.annotator], title="Renamed")
    one.refresh_from_db()
    assert (one.title, list(one.queue.members.all())) == ("Renamed", [shop.annotator])
    with pytest.raises(ValueRefused, match="cannot label in this project"):
        rounds.change_round(user=shop.qa_lead, which=one, members=[shop.associate])


def test_terms_that_contradict_each_other_are_refused(shop):
    photos(shop, 1)
    for terms, field in (
        ({"blind": True, "with_proposals": True}, "with_proposals"),
        ({"title": " "}, "title"),
        ({"due_at": timezone.now()}, "due_at"),
        ({"members": [shop.associate]}, "members"),
    ):
        with pytest.raises(ValueRefused) as refused:
            made(shop, **terms)
        assert list(refused.value.errors) == [field]
    made(shop)
    with pytest.raises(Taken):
        made(shop)
    for user in (shop.annotator, shop.associate, shop.stranger):
        with pytest.raises(PermissionDenied):
            rounds.make_round(user=user, project=shop.project, name="x", title="x", filters={})


def test_progress_counts_by_person_and_label_and_forecasts(shop):
    photos(shop, 10)
    one = made(shop)
    assert progress.forecast_of(progress.progress_of([one])[one.pk], [], 1) is None
    for label in ["in_stock"] * 4 + ["blocked"] * 2:
        ((task, held),) = leases.claim(user=shop.annotator, queue=one.queue)
        say(shop.annotator, task, held, label)
    found = progress.progress_of([one])[one.pk]
    assert (found.asked, found.done, found.answers_left, found.share) == (10, 6, 4, 0.6)
    (person,) = progress.people_in(one)
    assert (person.id, person.answers, person.median_seconds, person.recent) == (shop.annotator.pk, 6, 2, 6)
    balance = {
        row.label.key: (row.count, round(row.share, 2)) for row in progress.balance_of(one) if row.label
    }
    assert balance == {
        "in_stock": (4, 0.67),
        "low_stock": (0, 0),
        "out_of_stock": (0, 0),
        "blocked": (2, 0.33),
    }
    seen = progress.forecast_of(found, [person], 1)
    assert seen is not None
    assert seen.people == 1
    assert seen.seconds == pytest.approx(4 / (6 / 60))
    assert seen.soonest < seen.seconds < seen.latest


@pytest.mark.django_db(transaction=True)
def test_closing_and_adding_while_others_answer_loses_and_repeats_nothing():
    project = project_with()
    lead, other_lead = member(project, "qa_lead"), member(project, "engineer")
    people = [member(project, "annotator") for _ in range(4)]
    for _ in range(40):
        ImageFactory(project=project)
    one = rounds.make_round(
        user=lead, project=project, name="r", title="R", filters={"limit": 20}, answers_required=2
    )

    def answer_all(user):
        done = 0
        while done < 12 and (taken := leases.claim(user=user, queue=Queue.objects.get(pk=one.pk))):
            for task, held in taken:
                try:
                    say(user, task, held)
                    done += 1
                except answers.TooLate:
                    return done
        return done

    def work(number):
        if number < 4:
            return answer_all(User.objects.get(pk=people[number].pk))
        user = User.objects.get(pk=(lead, other_lead)[number % 2].pk)
        with suppress(ValueRefused, rounds.RoundClosed):
            rounds.add_images(user=user, to=one, filters={})
        if number == 5:
            rounds.close(user=user, which=one)
        return 0

    counted = sum(in_threads(6, work))
    rounds.close(user=lead, which=one)
    tasks = Task.objects.filter(queue=one.queue)
    assert tasks.count() == tasks.values("image").distinct().count()
    assert not tasks.filter(state=TaskState.OPEN).exists()
    assert not Slot.objects.filter(queue_id=one.pk, answered_at=None).exists()
    assert Answer.objects.filter(state="counted").count() == counted
    full = {task.pk for task in tasks if task.answers.filter(state="counted").count() == 2}
    assert {task.pk for task in tasks.filter(state=TaskState.RESOLVED)} == full
    assert Resolution.objects.count() == len(full)
