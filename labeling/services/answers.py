"""Recording what a person said: once, under their lease, with what follows from it, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.domain.values import ValueRefused, check_value
from labeling.domain.verification import check_origins, is_proposal, verify
from labeling.enums import AnswerState, TaskState, Verdict
from labeling.models import Answer, GuidelineVersion, Slot, Task
from labeling.queries.answers import within_undo
from labeling.services import leases, second_person
from labeling.services.resolving import resolve
from labeling.signals import answers_recorded
from people.queries.prepared import Prepared

REUSED = "This client_id belongs to your answer to another task; make a new one."
VALUELESS = {Verdict.CANT_TELL, Verdict.NONE_OF_THESE}


@dataclass(frozen=True)
class Said:
    """An answer as its author sent it. `value` is a wire value or None; seconds are active time."""

    client_id: UUID
    verdict: Verdict
    value: dict[str, Any] | None = None
    words: str = ""
    seconds: float = 0
    idle_seconds: float = 0
    shown: dict[str, Any] = field(default_factory=dict)


@dataclass
class TooLate(Exception):
    """The lease was lost or the task is closed. The answer is kept as late, and counts in nothing."""

    answer: Answer
    name: str
    reason: str


class ClientIdReused(Exception):
    """The client_id belongs to another answer of this author."""


class UndoRefused(Exception):
    """This answer can no longer be taken back."""


def record_answer(*, user: Any, task: Task, lease: str | None, said: Said) -> tuple[Answer, bool]:
    """Store the answer; returns it and whether it is new. `lease` None claims a free task in the same step.

    Raises ValueRefused for what is not valid, TooLate (the answer is kept) when the lease is lost or the task closed,
    ClientIdReused, and NotAcknowledged where a guideline must be read first.
    """
    said = check(task, said)
    with _once(task):
        if known := _known(user, task, said):
            return known, False
        try:
            if lease is None:
                lease = leases.claim_task(user=user, task=task).token
            slot = leases.find(user=user, token=lease)
            if slot.task_id != task.pk:
                raise leases.LeaseLost("This lease is for another task.")
        except leases.LeaseLost as lost:
            answer = _store(user, task, said, None, state=AnswerState.LATE)
            reason = str(lost)
        else:
            return _fill(user, task, said, slot), True
    raise _too_late(task, answer, reason)


LOCKED = Prepared(
    lambda pk: Task.objects.select_for_update(no_key=True).filter(pk=pk).only("state"), pk=UUID(int=1)
)
KNOWN = Prepared(
    lambda user, client_id: Answer.objects.filter(user=user, client_id=client_id),
    user=1_000_000_007,
    client_id=UUID(int=1),
)


@contextmanager
def _once(task: Task) -> Iterator[None]:
    """A transaction in which no other records an answer to the task; a client_id may come twice to one task alone.

    Two people filling the last two places must not each see the other's as still empty. The task is locked before
    any of its slots, here as in `tasks.close`.
    """
    try:
        with transaction.atomic():
            task.state = LOCKED.all(pk=task.pk)[0].state
            yield
    except IntegrityError as error:
        if "said_once" not in str(error):
            raise
        raise ClientIdReused(REUSED) from None


def _too_late(task: Task, answer: Answer, reason: str) -> TooLate:
    task.refresh_from_db(fields=["state"])
    closed = task.state != TaskState.OPEN
    return TooLate(
        answer,
        "task-closed" if closed else "lease-lost",
        f"{'This task is closed.' if closed else reason} Your answer is kept, and counts in nothing.",
    )


def _known(user: Any, task: Task, said: Said) -> Answer | None:
    """The answer this client_id recorded before. Raises TooLate again for a late one."""
    known = KNOWN.first(user=user.pk, client_id=said.client_id)
    if known is None:
        return None
    if known.task_id != task.pk:
        raise ClientIdReused(REUSED)
    if known.state == AnswerState.LATE:
        raise _too_late(task, known, "This answer came too late.")
    return known


def check(task: Task, said: Said) -> Said:
    """The answer with its value in canonical form. Raises ValueRefused naming the field."""
    proposed = None if task.queue.blind else proposed_value(task)
    value = said.value
    if said.verdict in VALUELESS:
        if value is not None:
            raise ValueRefused({"value": [f"must be left out with the verdict {said.verdict}."]})
        if said.verdict == Verdict.NONE_OF_THESE and not said.words.strip():
            raise ValueRefused({"words": ["say in a few words what it is instead."]})
    else:
        if (said.verdict == Verdict.LABEL) != (proposed is None):
            right = "label" if proposed is None else "accept or correct"
            shown = "no proposal was shown" if proposed is None else "a proposal was shown"
            raise ValueRefused({"verdict": [f"is {right} where {shown}."]})
        if said.verdict == Verdict.ACCEPT and value is None:
            value = proposed
        value = check_value(
            value,
            task_type=task.project.task_type,
            labels=labels_of(task),
            width=task.image.width,
            height=task.image.height,
        )
        check_origins(value, proposed)
        if said.verdict == Verdict.ACCEPT:
            if not is_proposal(value, proposed):
                raise ValueRefused({"value": ["differs from the proposal; send the verdict correct."]})
            value = proposed
    return replace(said, value=value)


def labels_of(task: Task) -> set[str]:
    """The keys in use; `queries.tasks.task_for` brings them with the task."""
    if "label_keys" not in task.__dict__:
        task.label_keys = task.project.labels.filter(retired_at=None).values_list("key", flat=True)
    return set(task.label_keys)


def proposed_value(task: Task) -> dict[str, Any] | None:
    """The value part of a task's proposal: what `accept` says yes to."""
    if task.proposal is None:
        return None
    if "label" in task.proposal:
        return {"label": task.proposal["label"]}
    kept = ("id", "label", "box")
    return {"regions": [{name: region[name] for name in kept} for region in task.proposal["regions"]]}


def _store(
    user: Any,
    task: Task,
    said: Said,
    guideline_id: UUID | None,
    *,
    state: AnswerState = AnswerState.COUNTED,
    supersedes: Answer | None = None,
) -> Answer:
    proposal = None if task.queue.blind else task.proposal
    shown = {
        "blind": task.queue.blind,
        "proposal": proposal,
        "verification": _verified(said, proposal),
    }
    return Answer.objects.create(
        project_id=task.project_id,
        task=task,
        user=user,
        client_id=said.client_id,
        state=state,
        verdict=said.verdict,
        value=said.value,
        words=said.words,
        guideline_id=guideline_id,
        shown={**said.shown, **shown},
        seconds=said.seconds,
        idle_seconds=said.idle_seconds,
        supersedes=supersedes,
    )


def _verified(said: Said, proposal: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the answer made of the proposal that was shown; None where it says nothing of one."""
    if proposal is None or said.verdict == Verdict.CANT_TELL:
        return None
    value = said.value
    if said.verdict == Verdict.ACCEPT and "regions" in proposal:
        value = {"regions": [region | {"of": region["id"]} for region in said.value["regions"]]}
    found = verify(proposal, value)
    return found.document() if found else None


def _fill(user: Any, task: Task, said: Said, slot: Slot) -> Answer:
    answer = _store(user, task, said, slot.guideline_id)
    slot.answered_at = timezone.now()
    slot.save(update_fields=["answered_at"])
    _follow_up(task, answer)
    return answer


def _follow_up(task: Task, answer: Answer) -> None:
    """What follows from an answer; which resolution it brought about is known as `answer.resolution`."""
    answers_recorded.send(sender=Answer, answers=[answer])
    second_person.ask_where_needed(task=task, answer=answer)
    resolution = resolve(task=task)
    answer.resolution = resolution.pk if resolution else None


def supersede(*, user: Any, task: Task, said: Said, earlier: UUID) -> tuple[Answer, bool]:
    """Put another answer in the place of one's own; needs no lease. Returns it and whether it is new.

    Raises UndoRefused unless `earlier` is among the author's last ten of the day and stands, and where what came of
    it is already in a frozen dataset. The guideline pinned is the one read by now.
    """
    said = check(task, said)
    with _once(task):
        return _supersede(user, task, said, earlier)


def _supersede(user: Any, task: Task, said: Said, earlier: UUID) -> tuple[Answer, bool]:
    if known := _known(user, task, said):
        return known, False
    answer = next((one for one in within_undo(user) if one.pk == earlier), None)
    if answer is None:
        raise UndoRefused("Only your last ten answers of the day can be changed, each as it stands now.")
    if answer.task_id != task.pk:
        raise UndoRefused("That answer is to another task.")
    guideline = (
        GuidelineVersion.objects.filter(acknowledgements__user=user, project=task.project)
        .order_by("-number")
        .first()
    )
    renewed = _store(user, task, said, guideline.pk if guideline else None, supersedes=answer)
    _follow_up(task, renewed)
    return renewed, True
