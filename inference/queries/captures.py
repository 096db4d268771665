"""Captures, as far as somebody may see them, and those that wait for a prediction."""

from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from inference.enums import CaptureState
from inference.models import Capture
from people.queries.prepared import Prepared, run
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[Capture]:
    """The captures of the projects where the user is a QA lead or an engineer."""
    return Capture.objects.filter(project__in=led_by(user))


def sent_by_device(project: Any, capture: str) -> QuerySet[Capture]:
    """The captures that a device at the edge called so; the same condition as their index."""
    rows = Capture.objects.filter(project=project, external__has_key="edge")
    return rows.alias(called=KT("external__edge__capture")).filter(called=capture)


def projects_with_work() -> list[UUID]:
    """Projects with a capture that can be predicted now: they have a champion, or it came with a prediction.

    Two probes of an index a project, however many captures wait. A capture that another process holds is
    counted too.
    """
    found = run(
        """
        SELECT p.id FROM people_project p
        WHERE EXISTS (
            SELECT 1 FROM inference_capture c
            WHERE c.project_id = p.id AND c.state = 'pending' AND c.external IS NOT NULL
        ) OR (
            EXISTS (SELECT 1 FROM inference_modelversion m WHERE m.project_id = p.id AND m.stage = 'champion')
            AND EXISTS (SELECT 1 FROM inference_capture c WHERE c.project_id = p.id AND c.state = 'pending')
        )
        ORDER BY p.id
        """,
        [],
    )
    return [row[0] for row in found]


def pending(project_id: UUID, *, servable: bool) -> QuerySet[Capture]:
    """Captures to be predicted, oldest first.

    Not `servable` means that the project has no model: only those that brought a prediction are there.
    """
    found = Capture.objects.filter(project_id=project_id, state=CaptureState.PENDING.value)
    if not servable:
        found = found.filter(external__isnull=False)
    return found.order_by("pk")


def more_wait_than(project_id: UUID, count: int) -> bool:
    """Whether more than so many of the project's captures are pending; an index is walked no further than that."""
    found = Capture.objects.filter(project_id=project_id, state=CaptureState.PENDING.value)
    return found.order_by("pk")[count : count + 1].exists()


def waiting(project_id: UUID, *, servable: bool) -> QuerySet[Capture]:
    """Pending captures, locked against every other process; those held elsewhere are left out."""
    return (
        pending(project_id, servable=servable)
        .select_related("image", "source")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
    )


def untried(project_id: UUID, *, servable: bool, limit: int) -> list[Capture]:
    """The first `limit` of those `waiting` that nobody has tried yet."""
    return _untried(servable, limit).all(project_id=project_id)


def tried(project_id: UUID, *, servable: bool, limit: int) -> list[UUID]:
    """Ids of the first `limit` of those `pending` that were tried before; locked against nobody."""
    return [capture.pk for capture in _tried(servable, limit).all(project_id=project_id)]


# Every batch asks for these, and a batch may be of one capture.
@cache
def _untried(servable: bool, limit: int) -> Prepared[Capture]:
    def build(project_id: UUID) -> QuerySet[Capture]:
        return waiting(project_id, servable=servable).filter(attempts=0)[:limit]

    return Prepared(build, project_id=UUID(int=1))


@cache
def _tried(servable: bool, limit: int) -> Prepared[Capture]:
    def build(project_id: UUID) -> QuerySet[Capture]:
        return pending(project_id, servable=servable).filter(attempts__gt=0).only("pk")[:limit]

    return Prepared(build, project_id=UUID(int=1))
