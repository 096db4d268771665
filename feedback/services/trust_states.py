"""Keeping, and telling others, when a model is trusted more or less than it was."""

from django.db import transaction

from feedback.models import RoutingPolicy, TrustChange
from feedback.queries.trust import trust
from people.enums import Event
from people.models import Project
from people.services import outbox


@transaction.atomic
def note(*, project: Project) -> TrustChange | None:
    """Keep the state of now if it is another than the last one kept, and tell webhooks; else None.

    The reason alone, such as one more answer, is no change. Safe to run again.
    """
    said = trust(project)
    if _last_state(project) == said["state"]:
        return None
    # Two workers would each tell it.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = _last_state(project)
    if before == said["state"]:
        return None
    change = TrustChange.objects.create(project=project, state=said["state"], reason=said["reason"])
    outbox.announce(project=project, event=Event.TRUST_CHANGED, data=said | {"before": before})
    return change


def note_all() -> None:
    """Do so for every project that has a policy."""
    for policy in RoutingPolicy.objects.filter(version=1).select_related("project"):
        note(project=policy.project)


def _last_state(project: Project) -> str | None:
    newest = TrustChange.objects.filter(project=project).order_by("-id").values_list("state", flat=True)
    return newest.first()
