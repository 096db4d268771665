"""From answers to what the project holds true: in the answer's own transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.domain import consensus, resolving
from labeling.enums import AnswerState, Audience, Consensus, Purpose, ResolvedBy, TaskState
from labeling.models import Answer, Image, PendingConsensus, Queue, Resolution, Task
from labeling.services import quizzes, tasks
from labeling.signals import images_resolved
from people.models import Project
from people.queries.given import given_ids
from people.queries.prepared import Prepared
from people.services.inserts import insert


def standing_answers(task: Task) -> list[Answer]:
    """The answers of a task that count and were not superseded, oldest first."""
    return STANDING.all(task=task.pk)


def _standing(task: UUID) -> QuerySet[Answer]:
    return Answer.objects.filter(task=task, state=AnswerState.COUNTED, superseded_by=None).order_by("id")


STANDING = Prepared(_standing, task=UUID(int=1))


@transaction.atomic(savepoint=False)
def resolve(*, task: Task) -> Resolution | None:
    """Settle the task if it has all its answers; returns the resolution now in force, if this made one.

    The queue's rule decides. What falls short goes to a QA lead: a task in the adjudication queue. Where the rule is
    Dawid and Skene's, the task waits for `services.consensus.judge`. A known answer, served to check somebody,
    resolves nothing.
    """
    answers = standing_answers(task)
    if len(answers) < task.queue.answers_required + task.extra_answers:
        return None
    if task.state == TaskState.OPEN:
        tasks.close(task=task, state=TaskState.RESOLVED)
    if task.gold_id is not None:
        quizzes.mark_if_done(task=task)
        return None
    rule = Consensus(task.queue.consensus)
    if rule == Consensus.DAWID_SKENE and len(answers) > 1:
        PendingConsensus.objects.update_or_create(task=task, defaults={"asked_at": timezone.now()})
        return None
    values = [answer.value for answer in answers]
    decision = consensus.decide(values, rule=rule, quorum=task.queue.quorum)
    return conclude(task=task, answers=answers, decision=decision, bits=consensus.entropy(values))


@transaction.atomic(savepoint=False)
def conclude(
    *, task: Task, answers: Sequence[Answer], decision: consensus.Decision, bits: float
) -> Resolution | None:
    """Put what was decided in force, or hand the task on: `bits` of entropy say how urgent that is."""
    if not decision.is_settled:
        _withdraw(task)
        _adjudicate(task, consensus.priority(bits))
        return None
    if task.queue.audience == Audience.QA_LEAD:
        by = ResolvedBy.ADJUDICATION
    else:
        by = ResolvedBy.ONE_ANSWER if len(answers) == 1 else ResolvedBy.CONSENSUS
    reason = answers[-1].words if by == ResolvedBy.ADJUDICATION else ""
    return settle(image=task.image, value=decision.value, by=by, task=task, answers=answers, reason=reason)


def adjudication_queue(project_id: Any) -> Queue | None:
    """Where the project's QA leads decide; None where it has no such queue."""
    standing = Queue.objects.filter(
        project_id=project_id, audience=Audience.QA_LEAD, purpose=Purpose.STANDING, closed_at=None
    )
    return standing.order_by("id").first()


def _adjudicate(task: Task, priority: int) -> None:
    queue = adjudication_queue(task.project_id)
    if queue is not None and queue.pk != task.queue_id:
        request = tasks.Request(image=task.image, capture_id=task.capture_id, priority=priority)
        tasks.open_tasks(queue=queue, requests=[request])


def _withdraw(task: Task) -> None:
    """What this task had settled before somebody changed their answer is held true no longer."""
    old = Resolution.objects.select_for_update().filter(task=task, replaced_at=None).first()
    if old is not None:
        old.replaced_at = timezone.now()
        old.save(update_fields=["replaced_at"])
        images_resolved.send(sender=Resolution, resolutions=[], replaced=[old])


@transaction.atomic(savepoint=False)
def settle(
    *,
    image: Image,
    value: dict[str, Any] | None,
    by: ResolvedBy,
    task: Task | None = None,
    answers: Sequence[Answer] = (),
    reason: str = "",
) -> Resolution | None:
    """Put a truth about an image in force; None where a better founded one stands already."""
    Image.objects.select_for_update(no_key=True).filter(pk=image.pk).values_list("pk").get()
    old = Resolution.objects.filter(image=image, replaced_at=None).first()
    if old is not None:
        same_task = task is not None and old.task_id == task.pk
        if not same_task and not resolving.replaces(
            by=by, value=value, old_by=ResolvedBy(old.by), old_value=old.value
        ):
            return None
        old.replaced_at = timezone.now()
        old.save(update_fields=["replaced_at"])
    resolution = Resolution.objects.create(
        project_id=image.project_id,
        image=image,
        task=task,
        value=value,
        by=by,
        answer_count=len(answers),
        reason=reason,
    )
    resolution.answers.add(*answers)
    images_resolved.send(sender=Resolution, resolutions=[resolution], replaced=[old] if old else [])
    return resolution


@transaction.atomic
def settle_imported(*, project: Project, truths: Sequence[tuple[Image, dict[str, Any]]]) -> list[Resolution]:
    """Put many imported truths in force at once; an image with a better founded one, or with this one, keeps it.

    Of two truths about one image in the same batch the last counts. Returns the resolutions made.
    """
    wished = {image.pk: (image, value) for image, value in truths}
    # In one order everywhere, so that two imports of the same images wait for each other instead of deadlocking.
    images = given_ids(wished)
    list(Image.objects.select_for_update().filter(pk__in=images).order_by("id").values_list("pk"))
    standing = {old.image_id: old for old in Resolution.objects.filter(image__in=images, replaced_at=None)}
    made, replaced = [], []
    for image, value in wished.values():
        old = standing.get(image.pk)
        if old is not None:
            if old.value == value or not resolving.replaces(
                by=ResolvedBy.IMPORTED, value=value, old_by=ResolvedBy(old.by), old_value=old.value
            ):
                continue
            old.replaced_at = timezone.now()
            replaced.append(old)
        made.append(Resolution(project=project, image=image, value=value, by=ResolvedBy.IMPORTED))
    Resolution.objects.bulk_update(replaced, ["replaced_at"])
    if made:
        insert(made)
        images_resolved.send(sender=Resolution, resolutions=made, replaced=replaced)
    return made
