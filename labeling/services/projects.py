"""Opening projects, and giving them sources and queues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from labeling import rules
from labeling.domain.colours import colour
from labeling.enums import Audience, SourceKind
from labeling.models import Label, Queue, Source
from labeling.services.queues import check_terms
from labeling.signals import project_created
from people.enums import Role
from people.models import Membership, Project, Site
from people.rules import can_create_project
from people.services import audit

HOTKEYS = "123456789"
FIRST_QUEUES: dict[str, dict[str, Any]] = {
    "review": {"audience": Audience.ANNOTATOR},
    "alerts": {"audience": Audience.ASSOCIATE, "by_site": True},
    "audit": {"audience": Audience.ANNOTATOR, "blind": True},
    "adjudication": {"audience": Audience.QA_LEAD, "blind": True},
}


@dataclass
class Taken(ValueError):
    """Another row has this key; `field` names where it was given."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@transaction.atomic
def create_project(
    *,
    user: Any,
    slug: str,
    name: str,
    task_type: str,
    labels: Sequence[Mapping[str, str]],
    reserved: bool = False,
) -> Project:
    """A project with its labels and its four first queues; `user` becomes its engineer.

    A label is `{key, name, colour?, hotkey?}`; colours and hotkeys 1 to 9 are given where left out. `reserved` is
    for the bearer of a token made for this slug. Raises Taken, and PermissionDenied for who may open none.
    """
    if not reserved and not can_create_project(user):
        raise PermissionDenied(
            "Only engineers may open projects; `manage.py create_token` makes the first one."
        )
    _check_labels(labels)
    try:
        with transaction.atomic():
            project = Project.objects.create(slug=slug, name=name, task_type=task_type)
    except IntegrityError:
        raise Taken("slug", f"{slug!r} is taken by another project.") from None
    Membership.objects.create(user=user, project=project, role=Role.ENGINEER)
    asked_for = {label.get("hotkey") for label in labels}
    free = iter([key for key in HOTKEYS if key not in asked_for])
    Label.objects.bulk_create(
        Label(
            project=project,
            key=label["key"],
            name=label.get("name") or label["key"],
            colour=label.get("colour") or colour(position),
            hotkey=label.get("hotkey") or next(free, ""),
            position=position,
        )
        for position, label in enumerate(labels)
    )
    for queue, terms in FIRST_QUEUES.items():
        Queue.objects.create(project=project, name=queue, **terms)
    audit.record(actor=user, action="project.created", target=project, project_id=project.pk)
    project_created.send(sender=Project, project=project)
    return project


def _check_labels(labels: Sequence[Mapping[str, str]]) -> None:
    for name in ("key", "hotkey"):
        seen: set[str] = set()
        for index, label in enumerate(labels):
            value = label.get(name)
            if value and value in seen:
                raise Taken(f"labels.{index}.{name}", f"{value!r} appears twice.")
            seen.add(value or "")


@transaction.atomic
def create_source(
    *, user: Any, project: Project, key: str, name: str, site: Site | None, kind: SourceKind
) -> Source:
    """A camera at a site, or an import. Raises Taken, and PermissionDenied for who may not manage the project."""
    rules.check_manage(user, project)
    try:
        with transaction.atomic():
            source = Source.objects.create(project=project, key=key, name=name, site=site, kind=str(kind))
    except IntegrityError:
        raise Taken("key", f"{key!r} is taken by another source of this project.") from None
    audit.record(actor=user, action="source.created", target=source, project_id=project.pk)
    return source


@transaction.atomic
def create_queue(*, user: Any, project: Project, name: str, audience: Audience, **terms: Any) -> Queue:
    """A queue; `terms` are the fields of Queue.

    Raises Taken, ValueRefused for terms that contradict each other, and PermissionDenied for who may not manage it.
    """
    rules.check_manage(user, project)
    queue = Queue(project=project, name=name, audience=str(audience), **terms)
    check_terms(queue)
    try:
        with transaction.atomic():
            queue.save(force_insert=True)
    except IntegrityError:
        raise Taken("name", f"{name!r} is taken by another queue of this project.") from None
    audit.record(actor=user, action="queue.created", target=queue, project_id=project.pk)
    return queue
