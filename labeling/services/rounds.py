"""Labeling rounds: made of chosen images, paused, added to, closed; what was answered stays in every case."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.image_filters import check_filters
from labeling.domain.values import ValueRefused
from labeling.enums import Audience, Purpose
from labeling.models import Queue, Round
from labeling.queries import selecting
from labeling.services import round_filling
from labeling.services.projects import create_queue
from people.models import Project
from people.services import audit
from people.services.announcements import announce, queue_topic

JOB = "labeling.tend_round"
RESERVED = frozenset({"new", "preview"})
"""Names that the pages of rounds have for themselves."""

LONGEST_TITLE = 200
AT_ONCE = 2
"""Batches opened or withdrawn at once; a worker goes on with the rest."""


class RoundClosed(Exception):
    """The round is closed: it keeps what was answered, and takes nothing more."""


@transaction.atomic
def make_round(
    *,
    user: Any,
    project: Project,
    name: str,
    title: str,
    filters: Mapping[str, Any],
    answers_required: int = 1,
    blind: bool = False,
    gold_share: float = 0,
    members: Sequence[Any] = (),
    due_at: datetime | None = None,
    with_proposals: bool = False,
) -> Round:
    """A round of the images that the filters choose, in a queue of its own called `name`.

    `members` are those who may take part, nobody meaning every annotator. Raises ValueRefused naming what is wrong,
    Taken where a queue has the name, and PermissionDenied.
    """
    rules.check_run_rounds(user, project)
    errors: dict[str, list[str]] = {}
    if not title.strip() or len(title) > LONGEST_TITLE or not is_text(title):
        errors["title"] = [f"must have 1 to {LONGEST_TITLE} characters."]
    if name in RESERVED:
        errors["name"] = [f"cannot be {name!r}; choose another."]
    if blind and with_proposals:
        errors["with_proposals"] = ["must be false in a blind round: it shows no proposal."]
    if due_at is not None and due_at <= timezone.now():
        errors["due_at"] = ["must lie in the future."]
    if errors:
        raise ValueRefused(errors)
    queue = create_queue(
        user=user,
        project=project,
        name=name,
        audience=Audience.ANNOTATOR,
        purpose=Purpose.ROUND.value,
        answers_required=answers_required,
        blind=blind,
        gold_share=gold_share,
    )
    strangers = [one.username for one in members if not rules.is_of_audience(one, queue)]
    if strangers:
        raise ValueRefused({"members": [f"{', '.join(strangers)} cannot label in this project."]})
    queue.members.add(*members)
    made = Round.objects.create(
        queue=queue,
        title=title.strip(),
        due_at=due_at,
        made_by=user,
        filters={"with_proposals": with_proposals, "additions": []},
    )
    audit.record(
        actor=user,
        action="round.made",
        target=made,
        project_id=project.pk,
        detail={"name": name},
    )
    return _add(user, made, filters)


@transaction.atomic
def add_images(*, user: Any, to: Round, filters: Mapping[str, Any]) -> Round:
    """Ask about more images; those that the round asks about already are not asked twice.

    Raises ValueRefused where there are none, RoundClosed, and PermissionDenied.
    """
    locked = _locked(user, to)
    if locked.queue.closed_at is not None:
        raise RoundClosed(f"The round {locked.title} is closed; make another.")
    return _add(user, locked, filters)


def _add(user: Any, to: Round, filters: Mapping[str, Any]) -> Round:
    project = to.queue.project
    checked = check_filters(filters, selecting.fields())
    images = selecting.not_asked_in(selecting.narrowed(project, checked), to.queue)
    bound = selecting.bound_of(images, project, checked)
    found = selecting.within(images, bound).count()
    if not found:
        raise ValueRefused({"filters": ["choose no image that this round does not ask about already."]})
    addition = {
        "filters": checked,
        "bound": bound,
        "at": timezone.now().isoformat(),
        "by": user.username,
        "found": found,
        "opened": 0,
        "after": None,
        "is_done": False,
    }
    to.filters["additions"].append(addition)
    to.save(update_fields=["filters"])
    audit.record(
        actor=user,
        action="round.images_added",
        target=to,
        project_id=project.pk,
        detail={"filters": checked, "found": found},
    )
    _go_on(to, round_filling.open_batch, to)
    return to


@transaction.atomic
def change_round(*, user: Any, which: Round, **changes: Any) -> Round:
    """Change its `title`, `due_at`, `gold_share` or `members` (users). Raises ValueRefused, PermissionDenied."""
    locked = _locked(user, which)
    queue = locked.queue
    title = changes.get("title", locked.title)
    if not title.strip() or len(title) > LONGEST_TITLE or not is_text(title):
        raise ValueRefused({"title": [f"must have 1 to {LONGEST_TITLE} characters."]})
    locked.title, locked.due_at = title.strip(), changes.get("due_at", locked.due_at)
    locked.save(update_fields=["title", "due_at"])
    if "gold_share" in changes:
        queue.gold_share = changes["gold_share"]
        queue.save(update_fields=["gold_share"])
    if "members" in changes:
        strangers = [one.username for one in changes["members"] if not rules.is_of_audience(one, queue)]
        if strangers:
            raise ValueRefused({"members": [f"{', '.join(strangers)} cannot label in this project."]})
        queue.members.set(changes["members"])
    said = {name: _in_words(value) for name, value in changes.items()}
    audit.record(actor=user, action="round.changed", target=locked, project_id=queue.project_id, detail=said)
    return locked


def _in_words(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [one.username for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


@transaction.atomic
def pause(*, user: Any, which: Round) -> Round:
    """Hand nothing out until it is resumed; what is on somebody's screen can still be answered."""
    return _set(user, which, "round.paused", paused_at=timezone.now())


@transaction.atomic
def resume(*, user: Any, which: Round) -> Round:
    """Hand out again. Raises RoundClosed for a closed one."""
    return _set(user, which, "round.resumed", paused_at=None)


def _set(user: Any, which: Round, action: str, *, paused_at: datetime | None) -> Round:
    locked = _locked(user, which)
    queue = locked.queue
    if queue.closed_at is not None:
        raise RoundClosed(f"The round {locked.title} is closed.")
    if (queue.paused_at is None) == (paused_at is None):
        return locked
    queue.paused_at = paused_at
    queue.save(update_fields=["paused_at"])
    announce(queue_topic(queue.pk, 0), "tasks.opened" if paused_at is None else "tasks.closed")
    audit.record(actor=user, action=action, target=locked, project_id=queue.project_id)
    return locked


@transaction.atomic
def close(*, user: Any, which: Round) -> Round:
    """End it for good: what was answered stays, what still waits is withdrawn; again is the same."""
    locked = _locked(user, which)
    queue = locked.queue
    if queue.closed_at is not None:
        return locked
    queue.closed_at = timezone.now()
    queue.save(update_fields=["closed_at"])
    audit.record(actor=user, action="round.closed", target=locked, project_id=queue.project_id)
    _go_on(locked, round_filling.withdraw_batch, queue)
    return locked


def _locked(user: Any, which: Round) -> Round:
    """The round as it stands now; whoever else changes it waits."""
    rules.check_run_rounds(user, which.queue.project)
    Queue.objects.select_for_update(of=("self",)).get(pk=which.pk)
    return Round.objects.select_related("queue__project").get(pk=which.pk)


def _go_on(which: Round, batch: Callable[[Any], bool], of: Any) -> None:
    """Some batches now, the rest by a worker."""
    for _ in range(AT_ONCE):
        if not batch(of):
            return
    app.configure_task(JOB, lock=f"round {which.pk}", queue="default").defer(queue_id=str(which.pk))


def tend(queue_id: UUID) -> None:
    """Open all that is chosen and not open yet, or withdraw all that a closed round left; batch by batch."""
    more = True
    while more:
        with transaction.atomic():
            queue = Queue.objects.select_for_update(of=("self",)).get(pk=queue_id)
            if queue.closed_at is not None:
                more = round_filling.withdraw_batch(queue)
            else:
                more = round_filling.open_batch(
                    Round.objects.select_related("queue__project").get(pk=queue_id)
                )
