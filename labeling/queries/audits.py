"""On what terms a project's agreement is audited by itself, and which audits are due."""

from datetime import datetime, timedelta

from labeling.models import AgreementSchedule, Answer
from people.models import Project


def schedule_of(project: Project) -> AgreementSchedule:
    """The project's schedule; weekly, with the usual floor, where nobody has set one. Not saved then."""
    return AgreementSchedule.objects.filter(project=project).first() or AgreementSchedule(project=project)


def due(now: datetime) -> list[Project]:
    """The projects with answers whose audit is due, in order of their making; those never audited come due at once."""
    schedules = {schedule.project_id: schedule for schedule in AgreementSchedule.objects.all()}
    answered = Answer.objects.order_by().values("project")
    return [
        project
        for project in Project.objects.filter(pk__in=answered).order_by("created_at", "pk")
        if _is_due(schedules.get(project.pk) or AgreementSchedule(project=project), now)
    ]


def _is_due(schedule: AgreementSchedule, now: datetime) -> bool:
    if not schedule.every_days:
        return False
    return schedule.last_at is None or now - schedule.last_at >= timedelta(days=schedule.every_days)
