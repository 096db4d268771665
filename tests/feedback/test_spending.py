"""What each accuracy point has cost: hours between champions, and points on the same test images."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.domain.spending import Prices, Spent, Step, gained
from feedback.enums import PromotionKind
from feedback.models import Promotion, RetrainingRules
from feedback.queries.spending import MOST_STEPS, month_begun, prices, spending, this_month
from inference.models import TrainingRun
from tests.factories.feedback import EvaluationFactory, measured_model, project_to_test_on
from tests.factories.labeling import AnswerFactory, open_task, project_with

DAY = timedelta(days=1)


@pytest.fixture
def project(db):
    return project_to_test_on()


def answered(project, hours, ago=timedelta(), **fields):
    AnswerFactory(
        task=open_task(project.queues.first()),
        seconds=3600 * hours,
        created_at=timezone.now() - ago,
        **fields,
    )


def ran(project, hours, ago=timedelta(), state="succeeded"):
    begun = timezone.now() - ago
    TrainingRun.objects.create(
        project=project,
        dataset_id=project.pk,
        manifest_key="nowhere",
        state=state,
        started_at=begun,
        finished_at=begun + timedelta(hours=hours),
    )


def promoted(project, before, after, ago, kind=PromotionKind.PROMOTED):
    made = Promotion.objects.create(project=project, champion=before, challenger=after, kind=str(kind))
    Promotion.objects.filter(pk=made.pk).update(at=timezone.now() - ago)


def test_hours_fall_to_the_champion_they_led_to(project):
    first, second, third = (measured_model(project, accuracy) for accuracy in (0.7, 0.8, 0.75))
    promoted(project, None, first, 10 * DAY)
    promoted(project, first, second, 6 * DAY)
    promoted(project, second, third, 2 * DAY)
    for days, hours in ((11, 1), (7, 2), (3, 4), (1, 8)):
        answered(project, hours, days * DAY)
        ran(project, hours / 2, days * DAY)
    answered(project, 100, 3 * DAY, state="late")
    answered(project_with(), 100, 3 * DAY)
    found = spending(project)
    assert found.total == Spent(15, 7.5)
    assert found.since == Spent(8, 4)
    last, middle, begun = found.steps
    assert begun == Step(None, first.number, Spent(1, 0.5))
    assert (middle.before, middle.after, middle.spent, middle.images) == (
        first.number,
        second.number,
        Spent(2, 1),
        100,
    )
    assert middle.points == pytest.approx(10)
    assert middle.per_point.people_hours == pytest.approx(0.2)
    assert (last.points, last.per_point) == (pytest.approx(-5), None)
    assert found.gained.points == pytest.approx(5)
    assert found.gained.per_point.people_hours == pytest.approx(6 / 5)


def test_models_never_measured_on_the_same_images_are_not_compared(project):
    first, second = measured_model(project, 0.7), measured_model(project, 0.8, test_hash="u" * 64)
    promoted(project, first, second, DAY)
    found = spending(project)
    assert found.steps[0].points is None
    assert found.gained is None
    EvaluationFactory(model=first, accuracy=0.75, test_hash="u" * 64)
    assert spending(project).steps[0].points == pytest.approx(5)


def test_a_run_that_ended_as_its_model_went_into_service_is_of_that_model(project):
    first = measured_model(project, 0.7)
    ran(project, 3, timedelta(hours=3))
    promoted(project, None, first, timedelta(seconds=5))
    assert spending(project).steps[0].spent.compute_hours == pytest.approx(3)


def test_nothing_spent_and_nobody_promoted(project):
    found = spending(project)
    assert (found.total, found.steps, found.gained) == (Spent(), [], None)


def test_only_the_newest_changes_are_shown_and_the_total_is_of_all(project):
    models = [measured_model(project, 0.7), measured_model(project, 0.8)]
    for number in range(MOST_STEPS + 3):
        promoted(project, models[number % 2], models[1 - number % 2], (50 - number) * DAY)
        answered(project, 1, (50 - number) * DAY + DAY / 2)
    found = spending(project)
    assert len(found.steps) == MOST_STEPS
    assert {step.spent for step in found.steps} == {Spent(1, 0)}
    assert found.total == Spent(MOST_STEPS + 3, 0)


def test_it_asks_the_database_as_often_whatever_there_is(project, django_assert_num_queries):
    models = [measured_model(project, 0.7), measured_model(project, 0.8)]
    promoted(project, models[0], models[1], DAY)
    with django_assert_num_queries(4):
        spending(project)
    for days in range(2, 8):
        promoted(project, models[0], models[1], days * DAY)
        ran(project, 1)
    with django_assert_num_queries(4):
        spending(project)


def test_the_month_counts_what_falls_in_it_and_what_runs_now(project):
    long_ago = timezone.now() - month_begun() + timedelta(hours=2)
    ran(project, 3, long_ago)
    answered(project, 1, long_ago)
    answered(project, 1)
    TrainingRun.objects.create(
        project=project,
        dataset_id=project.pk,
        manifest_key="nowhere",
        state="running",
        started_at=timezone.now() - timedelta(minutes=30),
    )
    hours, answers = this_month(project)
    running = min(0.5, (timezone.now() - month_begun()).total_seconds() / 3600)
    assert hours == pytest.approx(1 + running, abs=0.01)
    assert answers == 1


def test_money_is_asked_for_only_where_a_price_is_stated(project):
    assert Spent(2, 3).cost(Prices()) is None
    assert Spent(2, 3).cost(Prices(people_hour=300, currency="SEK")) == 600
    held = RetrainingRules(project=project, people_hour_price=300, compute_hour_price="1.5", currency="SEK")
    assert prices(held) == Prices(300.0, 1.5, "SEK")


def test_what_fell_is_in_the_sum():
    steps = [Step(1, 2, Spent(2, 0), 2.0, 100), Step(2, 3, Spent(3, 0), -2.0, 100)]
    assert gained(steps).per_point is None
