"""Setting by what rules a store is alerted."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from feedback import rules
from feedback.domain.alert_rules import AlertRule, parse
from feedback.models import AlertRules
from labeling.enums import Audience
from people.models import Project
from people.services import audit
from people.services.announcements import announce, project_topic


def checked(*, project: Project, documents: Any) -> list[AlertRule]:
    """The rules, if they may be put in force in this project. Raises RulesRefused, naming what is wrong."""
    queues = project.queues.filter(audience=Audience.ASSOCIATE, closed_at=None)
    return parse(
        documents,
        labels=set(project.labels.filter(retired_at=None).values_list("key", flat=True)),
        sources=set(project.sources.exclude(site=None).values_list("key", flat=True)),
        queues=set(queues.values_list("name", flat=True)),
    )


@transaction.atomic
def set_rules(*, user: Any, project: Project, documents: Any) -> AlertRules:
    """Put a new version in force, from the next prediction on; no rules at all alert nobody.

    Raises RulesRefused, and PermissionDenied for who may not set the routing.
    """
    rules.check_set_policy(user, project)
    wished = checked(project=project, documents=documents)
    # Two engineers may set rules at the same instant: each gets a version of their own.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = AlertRules.objects.filter(project=project).aggregate(last=Max("version"))["last"] or 0
    made = AlertRules.objects.create(
        project=project, version=last + 1, rules=[rule.document() for rule in wished], by=user
    )
    audit.record(
        actor=user,
        action="alert_rules.set",
        target=made,
        project_id=project.pk,
        detail={"version": made.version, "rules": made.rules},
    )
    announce(project_topic(project.pk), "policy.set", [made.pk])
    return made
