"""A project's rules of retraining, and how things stand with what they ask for."""

from dataclasses import dataclass

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback import rules
from feedback.domain.retraining_rules import Decision, Facts, Terms, decide
from feedback.enums import DatasetState
from feedback.models import DatasetVersion, Example, RetrainingRules
from feedback.queries.retraining import UNDER_WAY
from feedback.queries.spending import this_month
from inference.models import TrainingRun
from inference.queries.models import champion
from people.enums import AlarmKind
from people.models import Project
from people.queries import alarms

TRAIN_JOB = "feedback.train_when_frozen"
WAITING = ("todo", "doing")


def rules_of(project: Project) -> RetrainingRules:
    """The rules as they are set; unsaved and off where nobody set any."""
    found = RetrainingRules.objects.filter(project=project).select_related("by", "project").first()
    return found or RetrainingRules(project=project, set_at=timezone.now())


@dataclass(frozen=True)
class Outcome:
    """What the rules say now, and this month's hours of compute and counted answers."""

    decision: Decision
    compute_hours: float
    answers: int


def outcome(held: RetrainingRules) -> Outcome:
    """What the rules say of how things stand."""
    hours, answers = this_month(held.project)
    facts = _facts(held, hours, answers) if held.is_on else None
    return Outcome(decide(_terms(held), facts), hours, answers)


def is_under_way(project: Project) -> bool:
    """Whether a dataset is being frozen, a training waits for it, or one runs.

    Between a frozen dataset and its run there is nothing but the job that asks for the run.
    """
    building = DatasetVersion.objects.filter(project=project, state=DatasetState.BUILDING.value)
    runs = TrainingRun.objects.filter(project=project, state__in=UNDER_WAY)
    jobs = ProcrastinateJob.objects.filter(
        task_name=TRAIN_JOB, lock=f"freeze {project.pk}", status__in=WAITING
    )
    return building.exists() or runs.exists() or jobs.exists()


def _terms(held: RetrainingRules) -> Terms:
    return Terms(
        is_on=held.is_on,
        after_resolutions=held.after_resolutions,
        every_days=held.every_days,
        on_drift=held.on_drift,
        method=held.method,
        most_compute_hours=held.most_compute_hours,
        most_answers=held.most_answers,
    )


def _facts(held: RetrainingRules, hours: float, answers: int) -> Facts:
    project = held.project
    # Also one that could not be frozen: a rule that fired has fired, and does not try again every hour.
    last = DatasetVersion.objects.filter(project=project).order_by("-number").first()
    examples = Example.objects.filter(project=project, replaced_at=None)
    alarm = alarms.standing(project, AlarmKind.DRIFT).first()
    serving = champion(project)
    return Facts(
        now=timezone.now(),
        since=last.created_at if last else held.set_at,
        fresh=(examples.filter(created_at__gt=last.created_at) if last else examples).count(),
        drift_at=alarm.raised_at if alarm else None,
        compute_hours=hours,
        answers=answers,
        is_busy=is_under_way(project),
        may_train=held.by is not None and rules.can_train(held.by, project),
        who=held.by.username if held.by else "",
        can_go_on=serving is not None and bool(serving.checkpoint_key),
    )
