"""Rules of retraining: each fires once, a budget stops them, two workers start one, and nobody's role outlives them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from feedback.domain.retraining_rules import Facts, Fired, RulesRefused, Terms, decide
from feedback.models import DatasetVersion, RetrainingRules
from feedback.queries.retraining_rules import TRAIN_JOB, is_under_way, outcome, rules_of
from feedback.services import retraining
from feedback.services.retraining_rules import apply, apply_everywhere, document, set_rules
from feedback.tasks import retrain_by_rules
from inference.models import TrainingRun
from people.enums import AlarmKind, Role
from people.models import AuditEvent, Membership
from people.services.alarms import raise_alarm
from tests.factories.feedback import DatasetVersionFactory, ExampleFactory
from tests.factories.labeling import ImageFactory, ResolutionFactory, project_with
from tests.factories.people import ProjectFactory, member

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def project(db):
    return project_with()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


def on(project, engineer, **changes):
    return set_rules(user=engineer, project=project, changes={"is_on": True, **changes})


def resolved(project, count):
    for _ in range(count):
        ExampleFactory(resolution=ResolutionFactory(image=ImageFactory(project=project)))


def frozen(project, ago):
    """A dataset asked for that long ago."""
    made = DatasetVersionFactory(project=project)
    DatasetVersion.objects.filter(pk=made.pk).update(created_at=timezone.now() - ago)
    return made


def finish(dataset):
    """As if it had been frozen and trained on: nothing is under way any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    DatasetVersion.objects.filter(pk=dataset.pk).update(
        state="frozen", hash="h" * 64, manifest_key="nowhere", frozen_at=timezone.now()
    )


def run(project, hours, state="succeeded"):
    now = timezone.now()
    return TrainingRun.objects.create(
        project=project,
        dataset_id=project.pk,
        manifest_key="nowhere",
        state=state,
        started_at=now,
        finished_at=now + timedelta(hours=hours),
    )


def fires_once(project, rule):
    dataset = apply(project=project.pk)
    assert (dataset.state, dataset.project_id) == ("building", project.pk)
    event = AuditEvent.objects.get(action="retraining.fired")
    assert (event.detail["rule"], event.actor, event.project_id) == (rule, None, project.pk)
    assert apply(project=project.pk) is None
    finish(dataset)
    assert apply(project=project.pk) is None
    return event


def test_so_many_new_resolutions_fire_once(project, engineer):
    frozen(project, DAY)
    on(project, engineer, after_resolutions=3)
    resolved(project, 2)
    assert apply(project=project.pk) is None
    assert outcome(rules_of(project)).decision.why == "Waiting: 2 of 3 new resolutions."
    resolved(project, 1)
    event = fires_once(project, "resolutions")
    assert event.detail["why"] == "3 new resolutions since the last dataset; the rule asks for 3."
    assert event.detail["on_behalf_of"] == engineer.pk
    assert DatasetVersion.objects.order_by("-number")[0].by == engineer


def test_so_many_days_fire_once(project, engineer):
    frozen(project, 6 * DAY)
    resolved(project, 1)
    on(project, engineer, every_days=7)
    assert apply(project=project.pk) is None
    DatasetVersion.objects.update(created_at=timezone.now() - 7 * DAY)
    fires_once(project, "days")


def test_a_drift_alarm_fires_once(project, engineer):
    frozen(project, DAY)
    resolved(project, 1)
    on(project, engineer, on_drift=True)
    assert apply(project=project.pk) is None
    raise_alarm(project=project, kind=AlarmKind.CAMERA_SILENT, words="It is silent.")
    assert apply(project=project.pk) is None
    raise_alarm(project=project, kind=AlarmKind.DRIFT, words="It is darker.")
    fires_once(project, "drift")


def test_off_means_off(project, engineer):
    resolved(project, 3)
    set_rules(user=engineer, project=project, changes={"after_resolutions": 1})
    assert apply(project=project.pk) is None
    assert apply_everywhere() == []
    assert outcome(rules_of(project)).decision.why.startswith("The rules are off")


def test_nothing_new_trains_nothing(project, engineer):
    frozen(project, 9 * DAY)
    on(project, engineer, every_days=7)
    assert apply(project=project.pk) is None
    assert outcome(rules_of(project)).decision.why.endswith(
        "There is nothing to train on that the last dataset did not have."
    )


@pytest.mark.parametrize("budget", [{"most_compute_hours": 2}, {"most_answers": 0}])
def test_a_budget_that_is_used_up_stops_them(project, engineer, budget):
    resolved(project, 1)
    on(project, engineer, after_resolutions=1, **budget)
    run(project, 2)
    assert apply(project=project.pk) is None
    found = outcome(rules_of(project)).decision
    assert found.is_stopped
    assert found.why.startswith("This month’s budget is used up: ")
    on(project, engineer, most_compute_hours=2.5, most_answers=1)
    assert apply(project=project.pk) is not None


def test_while_a_run_or_what_comes_before_it_is_under_way_nothing_begins(project, engineer):
    resolved(project, 1)
    on(project, engineer, after_resolutions=1)
    going = run(project, 0, state="queued")
    assert apply(project=project.pk) is None
    going.state = "succeeded"
    going.save()
    retraining.retrain(user=engineer, project=project)
    DatasetVersion.objects.update(state="frozen", hash="h" * 64, manifest_key="x", frozen_at=timezone.now())
    resolved(project, 1)
    # Frozen, and not yet trained on: only the job that asks for the run says that there will be one.
    assert TRAIN_JOB == retraining.JOB
    assert is_under_way(project)
    assert apply(project=project.pk) is None
    finish(DatasetVersion.objects.get())
    assert apply(project=project.pk) is not None


def test_who_set_them_must_still_be_allowed_to_train(project, engineer):
    resolved(project, 1)
    on(project, engineer, after_resolutions=1)
    Membership.objects.filter(user=engineer).update(role="annotator")
    assert apply(project=project.pk) is None
    found = outcome(rules_of(project)).decision
    assert found.is_stopped
    assert found.why.startswith(f"{engineer.username} set these rules and may no longer start training here.")
    another = member(project, Role.ENGINEER)
    set_rules(user=another, project=project, changes={})
    assert apply(project=project.pk).by == another


def test_an_account_that_was_closed_trains_nothing(project, engineer):
    resolved(project, 1)
    on(project, engineer, after_resolutions=1)
    engineer.is_active = False
    engineer.save()
    assert apply(project=project.pk) is None


def test_going_on_from_a_champion_without_weights_is_no_training(project, engineer):
    resolved(project, 1)
    on(project, engineer, after_resolutions=1, method="replay")
    assert apply(project=project.pk) is None
    assert "nothing to go on from" in outcome(rules_of(project)).decision.why


@pytest.mark.django_db(transaction=True)
def test_the_job_looks_at_every_project_and_one_that_fails_keeps_no_other(project, engineer, monkeypatch):
    other = project_with()
    for each in (project, other):
        resolved(each, 1)
        on(each, member(each, Role.ENGINEER), after_resolutions=1)
    failing = min(project.pk, other.pk)
    real = retraining.datasets.request_dataset

    def fail(**asked):
        if asked["project"].pk == failing:
            raise RuntimeError("the disk is full")
        return real(**asked)

    monkeypatch.setattr(retraining.datasets, "request_dataset", fail)
    retrain_by_rules(timestamp=0)
    assert [made.project_id for made in DatasetVersion.objects.all()] == [max(project.pk, other.pk)]
    assert AuditEvent.objects.filter(action="retraining.fired").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_start_one():
    project = project_with()
    resolved(project, 1)
    on(project, member(project, Role.ENGINEER), after_resolutions=1)
    together = threading.Barrier(4)
    made = []

    def work():
        try:
            together.wait()
            made.append(apply(project=project.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len([one for one in made if one is not None]) == 1
    assert DatasetVersion.objects.count() == 1


def test_only_engineers_set_them(project):
    for role in (Role.QA_LEAD, Role.ANNOTATOR):
        with pytest.raises(PermissionDenied):
            set_rules(user=member(project, role), project=project, changes={})
    with pytest.raises(PermissionDenied):
        set_rules(user=member(ProjectFactory(), Role.ENGINEER), project=project, changes={})
    assert not RetrainingRules.objects.exists()


def test_what_is_set_is_kept_and_recorded_and_a_change_leaves_the_rest(project, engineer):
    on(project, engineer, after_resolutions=50, people_hour_price=299.999, currency="SEK")
    set_rules(user=engineer, project=project, changes={"every_days": 30})
    held = document(rules_of(project))
    assert (held["after_resolutions"], held["every_days"], held["people_hour_price"]) == (50, 30, 300.0)
    assert [
        event.detail["every_days"] for event in AuditEvent.objects.filter(action="retraining_rules.set")
    ] == [None, 30]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"is_on": True}, "is_on"),
        ({"is_on": "yes"}, "is_on"),
        ({"after_resolutions": 0}, "after_resolutions"),
        ({"after_resolutions": 2.5}, "after_resolutions"),
        ({"every_days": True}, "every_days"),
        ({"most_compute_hours": -1}, "most_compute_hours"),
        ({"most_compute_hours": float("nan")}, "most_compute_hours"),
        ({"people_hour_price": 300}, "currency"),
        ({"currency": "kr"}, "currency"),
        ({"method": "magic"}, "method"),
        ({"method": []}, "method"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_rules_are_refused_by_name_and_nothing_is_kept(project, engineer, changes, field):
    with pytest.raises(RulesRefused) as refused:
        set_rules(user=engineer, project=project, changes=changes)
    assert list(refused.value.errors) == [field]
    assert not RetrainingRules.objects.exists()


def test_the_database_refuses_what_could_not_be_meant(project):
    for fields in ({"is_on": True}, {"people_hour_price": 3}, {"most_compute_hours": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RetrainingRules.objects.create(project=project, **fields)


def test_the_first_rule_that_fires_is_named():
    terms = Terms(is_on=True, after_resolutions=5, every_days=7, on_drift=True)
    facts = Facts(now=NOW, since=NOW - 8 * DAY, fresh=5, drift_at=NOW - DAY)
    assert decide(terms, facts).fired is Fired.DRIFT
    facts = Facts(now=NOW, since=NOW - 8 * DAY, fresh=5, drift_at=NOW - 9 * DAY)
    assert decide(terms, facts).fired is Fired.RESOLUTIONS
    assert decide(terms, Facts(now=NOW, since=NOW - 8 * DAY, fresh=4)).fired is Fired.DAYS
    waiting = decide(terms, Facts(now=NOW, since=NOW - 2 * DAY, fresh=4))
    assert waiting.why == (
        "Waiting: 4 of 5 new resolutions, 2 of 7 days, no drift alarm since the last dataset."
    )
