"""Promotion: only past the gate, one champion whatever happens at once, and the way back."""

import threading
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.domain.gate import ACCURACY, EVALUATED, LABELS, MAJORITY
from feedback.enums import PromotionKind
from feedback.models import Promotion
from feedback.services import datasets, gate_figures, promotion
from feedback.services.promotion import GateFailed, NothingBefore
from feedback.tasks import evaluate
from inference.enums import Stage
from inference.models import Evaluation, ModelVersion, TrainingRun
from inference.services.models import ModelRefused
from inference.signals import model_trained
from labeling.enums import ResolvedBy
from labeling.services import images
from labeling.services.resolving import settle
from people.enums import Role
from people.models import AuditEvent
from tests.factories.feedback import TEST_HASH as HASH
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory, project_to_test_on
from tests.factories.feedback import measured_model as model
from tests.factories.inference import colour_model, coloured
from tests.factories.labeling import project_with
from tests.factories.people import ProjectFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_to_test_on()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


def stages(project):
    return dict(ModelVersion.objects.filter(project=project).values_list("pk", "stage"))


def failed_rules(error):
    return [rule.name for rule in error.value.rules if not rule.passed]


def test_a_better_model_takes_over_and_both_figures_are_kept(project, engineer):
    champion = model(project, 0.7, stage=Stage.CHAMPION)
    challenger = model(project, 0.8)
    made = promotion.promote(user=engineer, model=challenger)
    assert stages(project) == {champion.pk: "retired", challenger.pk: "champion"}
    assert (made.kind, made.champion, made.test_hash, made.by) == ("promoted", champion, HASH, engineer)
    by_name = {rule["name"]: rule for rule in made.rules}
    better = by_name[ACCURACY]
    assert (better["challenger"], better["champion"], better["limit"], better["passed"]) == (
        0.8,
        0.7,
        0.7,
        True,
    )
    assert (better["difference"], better["images"]) == (pytest.approx(0.1), 100)
    assert 0 < better["low"] < better["difference"] < better["high"]
    event = AuditEvent.objects.get(action="model.promoted")
    assert (event.actor, event.detail["left"]) == (engineer, str(champion.pk))


@pytest.mark.parametrize("accuracy", [0.7, 0.6])
def test_one_that_is_not_better_changes_nothing(project, engineer, accuracy):
    champion = model(project, 0.7, stage=Stage.CHAMPION)
    challenger = model(project, accuracy)
    with pytest.raises(GateFailed, match="not above") as error:
        promotion.promote(user=engineer, model=challenger)
    assert failed_rules(error) == [ACCURACY]
    assert stages(project) == {champion.pk: "champion", challenger.pk: "candidate"}
    assert not Promotion.objects.exists()
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize(("accuracy", "passes"), [(0.41, True), (0.4, False)])
def test_the_first_champion_must_beat_the_commonest_label(project, engineer, accuracy, passes):
    challenger = model(project, accuracy)
    if passes:
        assert promotion.promote(user=engineer, model=challenger).champion is None
    else:
        with pytest.raises(GateFailed) as error:
            promotion.promote(user=engineer, model=challenger)
        assert failed_rules(error) == [MAJORITY]


def test_a_lost_label_is_named(project, engineer):
    model(project, 0.5, stage=Stage.CHAMPION)
    with pytest.raises(GateFailed, match="does not know blue") as error:
        promotion.promote(user=engineer, model=model(project, 0.9, labels=["red", "green"]))
    assert failed_rules(error) == [LABELS]


def test_an_override_says_why_and_is_recorded_as_one(project, engineer):
    model(project, 0.9, stage=Stage.CHAMPION)
    made = promotion.promote(user=engineer, model=model(project, 0.5), override_reason=" the camera moved ")
    assert (made.kind, made.reason) == (PromotionKind.OVERRIDDEN, "the camera moved")


def test_an_override_that_was_not_needed_is_none(project, engineer):
    made = promotion.promote(user=engineer, model=model(project, 0.9), override_reason="to be sure")
    assert (made.kind, made.reason) == (PromotionKind.PROMOTED, "")


def test_figures_of_the_newest_test_set_both_were_measured_on_count(project, engineer):
    DatasetVersionFactory(project=project, test_hash="n" * 64)
    champion, challenger = model(project, 0.7, stage=Stage.CHAMPION), model(project, 0.8)
    EvaluationFactory(model=champion, accuracy=0.9, test_hash="n" * 64)
    assert promotion.promote(user=engineer, model=challenger).test_hash == HASH
    later = model(project, 0.95)
    EvaluationFactory(model=challenger, accuracy=0.6, test_hash="n" * 64)
    EvaluationFactory(model=later, accuracy=0.5, test_hash="n" * 64)
    with pytest.raises(GateFailed):
        promotion.promote(user=engineer, model=later)


def test_figures_from_another_project_s_dataset_do_not_count(project, engineer):
    foreign = DatasetVersionFactory(project=ProjectFactory(), test_hash="f" * 64)
    with pytest.raises(GateFailed) as error:
        promotion.promote(user=engineer, model=model(project, 0.9, test_hash=foreign.test_hash))
    assert failed_rules(error) == [EVALUATED]


def test_missing_figures_are_asked_for_and_then_decide(project, engineer):
    for seed, colour in enumerate(["red", "green", "blue", "blue"] * 5):
        image, _ = images.store(
            project=project, data=coloured(colour, seed), split="test" if seed > 9 else "train"
        )
        settle(image=image, value={"label": colour}, by=ResolvedBy.IMPORTED)
    dataset = datasets.freeze(datasets.request_dataset(user=None, project=project).pk)
    wrong = ("green", "red", "blue")
    champion = model(project, stage=Stage.CHAMPION, labels=list(wrong), content=colour_model(wrong))
    challenger = model(project, dataset_id=dataset.pk)
    with pytest.raises(GateFailed, match="under way") as error:
        promotion.promote(user=engineer, model=challenger)
    assert failed_rules(error) == [EVALUATED]
    job = ProcrastinateJob.objects.get(task_name=gate_figures.JOB)
    assert job.args == {"dataset_id": str(dataset.pk), "model_ids": [str(challenger.pk), str(champion.pk)]}
    gate_figures.measure(**job.args)
    gate_figures.measure(**job.args)
    assert Evaluation.objects.filter(test_hash=dataset.test_hash).count() == 2
    made = promotion.promote(user=engineer, model=challenger)
    accuracy = next(rule for rule in made.rules if rule["name"] == ACCURACY)
    assert (accuracy["challenger"], accuracy["champion"]) == (1.0, 0.6)
    assert evaluate.name == gate_figures.JOB


def test_without_any_test_split_nothing_is_asked_for(engineer):
    project = project_with()
    with pytest.raises(GateFailed, match="freeze one"):
        promotion.promote(user=member(project, Role.ENGINEER), model=model(project))
    assert not ProcrastinateJob.objects.exists()


def test_what_serves_already_and_what_runs_elsewhere_is_refused(project, engineer):
    with pytest.raises(ModelRefused, match="serves already"):
        promotion.promote(user=engineer, model=model(project, 0.9, stage=Stage.CHAMPION))
    with pytest.raises(ModelRefused, match="elsewhere"):
        promotion.promote(user=engineer, model=model(project, 0.95, runtime="external", key=""))


@pytest.mark.parametrize("role", [Role.QA_LEAD, Role.ANNOTATOR, Role.ASSOCIATE])
def test_only_engineers_promote_and_roll_back(project, role):
    user, challenger = member(project, role), model(project, 0.9)
    with pytest.raises(PermissionDenied):
        promotion.promote(user=user, model=challenger)
    with pytest.raises(PermissionDenied):
        promotion.rollback(user=user, model=challenger)


def test_rolling_back_goes_one_step_further_each_time(project, engineer):
    first, second, third = (model(project, accuracy) for accuracy in (0.6, 0.7, 0.8))
    for one in (first, second, third):
        promotion.promote(user=engineer, model=one)
    assert promotion.rollback(user=engineer, model=third) == second
    assert promotion.rollback(user=engineer, model=second) == first
    with pytest.raises(NothingBefore, match="No model served before"):
        promotion.rollback(user=engineer, model=first)
    assert stages(project) == {first.pk: "champion", second.pk: "retired", third.pk: "retired"}
    kinds = Promotion.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["promoted"] * 3 + ["rolled_back"] * 2


def test_a_model_left_behind_can_win_again_and_be_left_again(project, engineer):
    first, second = model(project, 0.6), model(project, 0.7)
    promotion.promote(user=engineer, model=first)
    promotion.promote(user=engineer, model=second)
    promotion.rollback(user=engineer, model=second)
    promotion.promote(user=engineer, model=second)
    assert promotion.rollback(user=engineer, model=second) == first


def test_only_what_serves_can_be_left(project, engineer):
    with pytest.raises(NothingBefore, match="does not serve"):
        promotion.rollback(user=engineer, model=model(project, 0.9))


def trained(project, user, accuracy, **options):
    run = TrainingRun.objects.create(
        project=project,
        dataset_id=project.datasets.get().pk,
        manifest_key="nowhere",
        asked_by=user,
        model=model(project, accuracy),
        options=options,
    )
    model_trained.send(sender=TrainingRun, run=run)
    return stages(project)[run.model_id]


def test_a_trained_model_is_promoted_where_that_was_asked_for_and_earned(project, engineer):
    assert trained(project, engineer, 0.7) == "candidate"
    assert trained(project, engineer, 0.7, promote_if_better=True) == "champion"
    assert trained(project, engineer, 0.7, promote_if_better=True) == "candidate"
    assert trained(project, member(project, Role.QA_LEAD), 0.9, promote_if_better=True) == "candidate"
    assert trained(project, None, 0.9, promote_if_better=True) == "candidate"
    assert Promotion.objects.get().by == engineer


def test_the_database_itself_refuses_a_second_champion(project):
    model(project, stage=Stage.CHAMPION)
    with pytest.raises(IntegrityError, match="one_champion"), transaction.atomic():
        model(project, stage=Stage.CHAMPION)


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_one_champion_comes_out():
    project = project_to_test_on()
    engineer = member(project, Role.ENGINEER)
    model(project, 0.5, stage=Stage.CHAMPION)
    challengers = [model(project, 0.6 + step / 100) for step in range(8)]
    start = threading.Barrier(len(challengers))
    outcomes = {}

    def promote(one):
        try:
            start.wait(timeout=30)
            promotion.promote(user=engineer, model=one)
            outcomes[one.pk] = "promoted"
        except GateFailed:
            outcomes[one.pk] = "refused"
        finally:
            connection.close()

    threads = [threading.Thread(target=promote, args=(one,)) for one in challengers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(outcomes) == len(challengers)
    assert list(stages(project).values()).count("champion") == 1
    # Whoever came to the gate first, the best of them serves at the end, and each winner beat the one before.
    assert stages(project)[challengers[-1].pk] == "champion"
    made = list(Promotion.objects.order_by("pk"))
    assert len(made) == list(outcomes.values()).count("promoted")
    for before, after in pairwise(made):
        assert after.champion_id == before.challenger_id
